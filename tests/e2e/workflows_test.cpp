// The product's main job: the example workflows, step by step, through a real host.

#include "support/workflows.hpp"

#include "support/api_contract.hpp"
#include "support/audit.hpp"
#include "support/host_process.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

class Workflows : public DatabaseTest {
protected:
    HttpReply post(const Json& body) { return client_.post("/v1/tasks", body.dump()); }

    HttpReply submit(const ExampleWorkflow& workflow, const Json& context) {
        return post(
            {{"namespace", workflow.namespace_name}, {"name", workflow.name}, {"context", context}}
        );
    }

    /// The task's document once its status is `status`, or the last one seen.
    Json settled(const HttpReply& created, const std::string& status) {
        EXPECT_EQ(created.status, 201U) << created.body;
        const auto task_uuid = Json::parse(created.body).at("task_uuid").get<std::string>();
        Json task;
        EXPECT_TRUE(eventually([&] {
            task = Json::parse(client_.get("/v1/tasks/" + task_uuid).body);
            return task.at("status") == status;
        })) << task.dump(2);
        return task;
    }

    std::unique_ptr<HostProcess> host_ =
        start_host({.database_url = conninfo(), .templates = HostProcess::example_templates()});
    ApiClient client_{{.url = host_->url()}};
};

TEST_F(Workflows, GiveTheExactValueOfEveryStep) {
    for (const auto& workflow : example_workflows()) {
        const auto task = settled(submit(workflow, {{"even_number", 6}}), "complete");
        EXPECT_EQ(task.at("execution_status"), "all_complete");
        EXPECT_EQ(task.at("completed_steps"), workflow.results.size());
        std::map<std::string, std::string> results;
        for (const auto& step : task.at("steps")) {
            results[step.at("name")] = step.at("result").dump();
            EXPECT_EQ(step.at("state"), "complete");
            EXPECT_EQ(step.at("attempts"), 1);
            EXPECT_EQ(step.at("error"), nullptr);
        }
        EXPECT_EQ(results, workflow.results);
        EXPECT_EQ(step_results(sql(), task.at("task_uuid")), workflow.results);
    }
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Workflows, FailForGoodOnInputThatAHandlerRefuses) {
    for (const auto& context : {Json{{"even_number", 5}}, Json::object()}) {
        const auto task =
            settled(submit(example_workflows().front(), context), "blocked_by_failures");
        EXPECT_EQ(task.at("failed_steps"), 1);
        const auto& step = task.at("steps").at(0);
        EXPECT_EQ(step.at("state"), "error");
        EXPECT_EQ(step.at("attempts"), 1) << "an invalid input stays invalid";
        EXPECT_EQ(step.at("error").at("error_code"), "VALIDATION_ERROR");
        EXPECT_THAT(step.at("error").at("message").get<std::string>(), HasSubstr("even_number"));
        for (const std::size_t number : {1U, 2U, 3U}) {
            EXPECT_EQ(task.at("steps").at(number).at("state"), "pending");
            EXPECT_EQ(task.at("steps").at(number).at("attempts"), 0);
        }
    }
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Workflows, AreRefusedAtTheDoorWhereTheTemplateSaysSo) {
    const std::vector<std::pair<Json, std::string>> bad_contexts{
        {{{"even_number", 5}}, "even_number"},
        {Json::object(), "even_number"},
        {{{"even_number", "six"}}, "even_number"},
    };
    for (const auto& [context, field] : bad_contexts) {
        const auto reply = submit(example_workflows().at(1), context);
        EXPECT_EQ(reply.status, 400U);
        EXPECT_THAT(Json::parse(reply.body).at("detail").get<std::string>(), HasSubstr(field));
    }
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), "0");
}

TEST_F(Workflows, AreRefusedWhenNobodyKnowsThem) {
    const auto elsewhere =
        post({{"namespace", "nowhere"}, {"name", "x"}, {"context", Json::object()}});
    EXPECT_EQ(elsewhere.status, 404U);
    EXPECT_THAT(elsewhere.body, HasSubstr("unknown namespace 'nowhere'"));
    EXPECT_THAT(elsewhere.body, HasSubstr("linear_workflow")) << "it names those that are known";

    const auto unnamed = submit({"linear_workflow", "nothing", {}}, {{"even_number", 6}});
    EXPECT_EQ(unnamed.status, 404U);
    EXPECT_THAT(unnamed.body, HasSubstr("linear_workflow/nothing"));
    EXPECT_THAT(unnamed.body, HasSubstr("mathematical_sequence@1.0.0"));

    EXPECT_EQ(client_.post("/v1/tasks", "{\"namespace\":").status, 400U);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), "0");
}

}  // namespace
}  // namespace tenon::testing
