// Whether hosts keep the promises of openapi.json, and whether it promises all that they do.

#include "support/api_contract.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <set>

namespace tenon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Contract : public DatabaseTest {
protected:
    Contract()
        : host_(start_host(
              {.database_url = conninfo(), .templates = HostProcess::example_templates()}
          )),
          client_({.url = host_->url()}) {}

    json get(const std::string& target) {
        const auto reply = client_.get(target);
        EXPECT_EQ(reply.status, 200U) << target << ": " << reply.body;
        return json::parse(reply.body);
    }

    std::string complete_task() {
        const auto task = submit_task(sql(), example_workflows().front());
        EXPECT_TRUE(eventually([&] { return task_state(sql(), task) == "complete"; }));
        return task;
    }

    std::unique_ptr<HostProcess> host_;
    ApiClient client_;
};

/// The path with something in place of its names.
std::string filled(std::string path, const std::string& task) {
    const auto put = [&](const std::string& name, const std::string& value) {
        if (const auto at = path.find(name); at != std::string::npos) {
            path.replace(at, name.size(), value);
        }
    };
    put("{uuid}", task);
    put("{step}", "linear_step_1");
    put("{namespace}", "linear_workflow");
    put("{name}", "mathematical_sequence");
    put("{version}", "1.0.0");
    put("{id}", "tenon.examples.linear");
    put("{sha256}", std::string(64, 'a'));
    return path;
}

TEST_F(Contract, IsServedAsItIsInTheSource) {
    const auto document = get("/openapi.json");
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    EXPECT_EQ(document.at("paths").size(), 43U);
}

TEST_F(Contract, HoldsForEveryPathWhateverItIsAsked) {
    const auto task = complete_task();
    std::set<std::string> answered;
    for (const auto& operation : ApiContract::instance().operations()) {
        if (operation.path == "/v1/events" || operation.path == "/v1/worker/mode") {
            continue;  // One does not end, and the other would change the host under test.
        }
        const auto path = filled(operation.path, task);
        const auto reply = client_.send(operation.method, path);
        EXPECT_NE(reply.status, 405U) << operation.method << " " << path;
        EXPECT_THAT(reply.body, ::testing::Not(HasSubstr("nothing is served at"))) << path;
        EXPECT_LT(reply.status, 500U) << operation.method << " " << path << reply.body;
        answered.insert(operation.method + " " + operation.path);
        if (operation.method == "POST" || operation.method == "PATCH") {
            for (const std::string body : {"{}", "[]", "null", R"({"unknown":1})"}) {
                EXPECT_LT(client_.send(operation.method, path, body).status, 500U) << path;
            }
        }
    }
    EXPECT_EQ(answered.size(), ApiContract::instance().operations().size() - 2);
}

TEST_F(Contract, ListsTasksByPagesAndFilters) {
    submit_burst(sql(), 4);
    EXPECT_TRUE(eventually([&] { return open_tasks(sql()) == 0; }));
    std::set<std::string> seen;
    std::string previous = "~";
    std::string target = "/v1/tasks?limit=5";
    int pages = 0;
    for (json next = ""; !next.is_null(); ++pages) {
        const auto page = get(target);
        for (const auto& task : page.at("tasks")) {
            const auto uuid = task.at("task_uuid").get<std::string>();
            EXPECT_LT(uuid, previous) << "the newest come first";
            previous = uuid;
            seen.insert(uuid);
        }
        next = page.at("next");
        target = "/v1/tasks?limit=5&cursor=" + (next.is_null() ? "" : next.get<std::string>());
    }
    EXPECT_EQ(seen.size(), 12U);
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(get("/v1/tasks?namespace=linear_workflow").at("tasks").size(), 4U);
    EXPECT_EQ(get("/v1/tasks?status=complete").at("tasks").size(), 12U);
    EXPECT_EQ(get("/v1/tasks?status=error").at("tasks").size(), 0U);
    EXPECT_EQ(get("/v1/tasks?tag=none").at("tasks").size(), 0U);
    EXPECT_THAT(client_.get("/v1/tasks?statsu=error").body, HasSubstr("did you mean 'status'?"));
    EXPECT_THAT(client_.get("/v1/tasks?status=done").body, HasSubstr("must be one of pending"));
    EXPECT_THAT(client_.get("/v1/tasks?limit=101").body, HasSubstr("from 1 to 100"));
    EXPECT_THAT(client_.get("/v1/tasks?cursor=x").body, HasSubstr("'next' of an earlier"));
}

TEST_F(Contract, TellsHowTasksAndHostsFare) {
    const auto task = complete_task();
    const auto summary = get("/v1/tasks/" + task + "/summary");
    EXPECT_EQ(summary.at("completed_steps"), 4);
    EXPECT_FALSE(summary.contains("steps"));
    EXPECT_EQ(
        client_
            .get(
                "/v1/tasks/" + std::string(8, '0') +
                "-0000-7000-8000-000000000000/"
                "summary"
            )
            .status,
        404U
    );
    const auto hosts = get("/v1/hosts?state=live").at("hosts");
    ASSERT_EQ(hosts.size(), 1U);
    EXPECT_EQ(std::to_string(hosts.at(0).at("host_id").get<int>()), host_->host_id());
    EXPECT_GT(hosts.at(0).at("plugins").size(), 0U);
    EXPECT_EQ(get("/v1/hosts?state=lost").at("hosts").size(), 0U);
    const auto performance = get("/v1/analytics/performance?hours=1");
    EXPECT_EQ(performance.at("tasks").at("total"), 1);
    EXPECT_EQ(performance.at("tasks").at("by_status").at("complete"), 1);
    EXPECT_EQ(performance.at("steps").at("settled"), 4);
    EXPECT_GT(performance.at("tasks").at("duration_ms").at("p50").get<double>(), 0);
    EXPECT_EQ(get("/v1/analytics/bottlenecks").at("steps").size(), 0U) << "5 executions at least";
    const auto steps = get("/v1/analytics/bottlenecks?min_executions=1&limit=2").at("steps");
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps.at(0).at("executions"), 1);
    EXPECT_GE(steps.at(0).at("total_ms"), steps.at(1).at("total_ms"));
    EXPECT_EQ(client_.get("/v1/analytics/performance?hours=721").status, 400U);
}

TEST_F(Contract, ChecksATemplateWithoutKeepingIt) {
    const std::string good =
        "name: order\nnamespace_name: shop\nversion: 1.0.0\nsteps:\n"
        "  - name: pay\n    handler:\n      callable: shop::Pay\n";
    const auto reply = client_.post("/v1/templates:validate", good);
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_EQ(json::parse(reply.body).at("step_count"), 1);
    EXPECT_EQ(client_.get("/v1/templates/shop/order").status, 404U);
    EXPECT_THAT(
        client_.post("/v1/templates:validate", good + "    after: x\n").body, HasSubstr("template:")
    );
}

TEST_F(Contract, SparesABodyThatTheCallerHas) {
    const auto task = complete_task();
    const auto reply = client_.get("/v1/tasks/" + task);
    std::string tag;
    for (const auto& [name, value] : reply.headers) {
        tag = name == "ETag" ? value : tag;
    }
    ASSERT_EQ(tag.size(), 34U);
    ApiClient knowing({.url = host_->url(), .headers = {{"If-None-Match", "\"x\", W/" + tag}}});
    const auto spared = knowing.get("/v1/tasks/" + task);
    EXPECT_EQ(spared.status, 304U);
    EXPECT_EQ(spared.body, "");
    EXPECT_EQ(knowing.get("/v1/hosts").status, 200U) << "and the connection goes on";
    EXPECT_EQ(knowing.get("/health").status, 200U);
}

TEST(ContractCheck, FindsWhatWasNotPromised) {
    const auto& contract = ApiContract::instance();
    HttpReply reply{
        .status = 200, .headers = {{"Content-Type", "application/json"}, {"X-Request-Id", "r"}}
    };
    reply.body = R"({"dlq_entry_uuid":"x"})";
    EXPECT_THAT(contract.violation("GET", "/v1/hosts", reply), HasSubstr("no member \"hosts\""));
    reply.body = R"({"hosts":[],"more":1})";
    EXPECT_THAT(
        contract.violation("GET", "/v1/hosts", reply), HasSubstr("#/more is not described")
    );
    reply.body = R"({"hosts":[{"host_id":"1"}]})";
    EXPECT_NE(contract.violation("GET", "/v1/hosts", reply), "");
    reply.body = R"({"hosts":[]})";
    EXPECT_EQ(contract.violation("GET", "/v1/hosts?state=live", reply), "");
    reply.status = 202;
    EXPECT_THAT(contract.violation("GET", "/v1/hosts", reply), HasSubstr("status 202"));
    reply.status = 200;
    EXPECT_THAT(contract.violation("GET", "/v1/unknown", reply), HasSubstr("not described"));
}

}  // namespace
}  // namespace tenon::testing
