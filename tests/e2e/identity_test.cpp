// Which submissions are the same: on every path in, and when they come at once.

#include "support/api_contract.hpp"
#include "support/audit.hpp"
#include "support/gated_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <set>
#include <thread>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

class Identity : public DatabaseTest {
protected:
    HttpReply submit(const std::string& name, const std::string& more) {
        return ApiClient({.url = host_->url()})
            .post("/v1/tasks", R"({"namespace":"gates","name":")" + name + "\"" + more + "}");
    }

    /// The task of a submission that was accepted.
    static std::string task_of(const HttpReply& reply) {
        EXPECT_THAT(reply.status, ::testing::AnyOf(200U, 201U)) << reply.body;
        return Json::parse(reply.body).value("task_uuid", "");
    }

    std::string task_count() { return sql().value("SELECT count(*) FROM tenon.tasks"); }

    const GatedWorkflows gates_;
    std::unique_ptr<HostProcess> host_ = start_host(
        {.database_url = conninfo(),
         .plugins = GatedWorkflows::plugins(),
         .templates = gates_.templates()}
    );
};

TEST_F(Identity, AKeyNamesOneTaskOnEveryPath) {
    const auto first = submit("gated", R"(,"idempotency_key":"order 42")");
    EXPECT_EQ(first.status, 201U);
    EXPECT_FALSE(Json::parse(first.body).contains("duplicate"));
    const auto task = task_of(first);

    const auto second = submit("gated", R"(,"idempotency_key":"order 42","priority":9)");
    EXPECT_EQ(second.status, 200U);
    EXPECT_EQ(Json::parse(second.body).at("duplicate"), true);
    EXPECT_EQ(task_of(second), task);

    EXPECT_EQ(
        sql().value("SELECT tenon.submit('gates', 'gated', idempotency_key => 'order 42')"), task
    );
    EXPECT_EQ(
        sql().value("SELECT created FROM tenon.submit_tasks('gates', 'gated', ARRAY['{}'::json], "
                    "idempotency_keys => ARRAY['order 42'])"),
        "f"
    );
    const auto typed = run_tenon(
        {"task", "submit", "gates/gated", "--idempotency-key", "order 42", "--url", host_->url()}
    );
    EXPECT_EQ(typed.exit_code, 0) << typed.err;
    EXPECT_THAT(typed.out, HasSubstr("already submitted as task " + task));
    EXPECT_EQ(task_count(), "1");

    EXPECT_NE(task_of(submit("gated", R"(,"idempotency_key":"order 43")")), task);
    EXPECT_NE(task_of(submit("flaky", R"(,"idempotency_key":"order 42")")), task)
        << "the key of another template";
    EXPECT_EQ(task_count(), "3");
}

TEST_F(Identity, ADuplicateSaysHowItsTaskIsNow) {
    const auto task = task_of(submit("keyed", R"(,"idempotency_key":"k")"));
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    const auto reply = submit("keyed", R"(,"idempotency_key":"k")");
    EXPECT_EQ(
        Json::parse(reply.body),
        Json({{"task_uuid", task}, {"status", "complete"}, {"duplicate", true}})
    );
    EXPECT_EQ(step_results(sql(), task).at("only"), "1");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE attempts > 1"), "0")
        << "nothing ran twice";
}

TEST_F(Identity, WithoutAKeyEverySubmissionIsNewUnlessItsTemplateIsStrict) {
    EXPECT_NE(task_of(submit("gated", "")), task_of(submit("gated", "")));

    const auto task = task_of(submit("strict", R"(,"context":{"a":1,"b":{"c":2,"d":[3]}})"));
    const auto reordered = submit("strict", R"(,"context":{ "b" : {"d":[3], "c":2} ,"a" : 1 })");
    EXPECT_EQ(reordered.status, 200U);
    EXPECT_EQ(task_of(reordered), task);
    EXPECT_EQ(
        sql().value(R"(SELECT tenon.submit('gates', 'strict', '{"b":{"d":[3],"c":2},"a":1}'))"),
        task
    );
    EXPECT_EQ(submit("strict", R"(,"context":{"a":1,"b":{"c":2,"d":[4]}})").status, 201U);
    EXPECT_EQ(submit("strict", R"(,"context":{"a":"1","b":{"c":2,"d":[3]}})").status, 201U);
    EXPECT_EQ(
        submit("strict", R"(,"context":{"a":1,"b":{"c":2,"d":[3]}},"idempotency_key":"k")").status,
        201U
    ) << "a key counts in the context's place";
}

TEST_F(Identity, ATemplateMayDemandAKey) {
    const auto refused = submit("keyed", "");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_THAT(refused.body, HasSubstr("demands an idempotency_key"));
    EXPECT_EQ(submit("keyed", R"(,"idempotency_key":"k")").status, 201U);
    EXPECT_EQ(task_count(), "1");
}

TEST_F(Identity, SixteenSubmissionsAtOnceWithOneKeyMakeOneTask) {
    constexpr int callers = 16;
    std::vector<HttpReply> replies(callers);
    {
        std::vector<std::jthread> threads;
        for (auto& reply : replies) {
            threads.emplace_back([&] { reply = submit("keyed", R"(,"idempotency_key":"race")"); });
        }
    }
    std::set<std::string> tasks;
    int created = 0;
    for (const auto& reply : replies) {
        tasks.insert(task_of(reply));
        created += reply.status == 201 ? 1 : 0;
    }
    EXPECT_EQ(tasks.size(), 1U);
    EXPECT_EQ(created, 1);
    EXPECT_EQ(task_count(), "1");
    ASSERT_TRUE(await_state(sql(), *tasks.begin(), "complete"));
    EXPECT_EQ(step_results(sql(), *tasks.begin()).at("only"), "1");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Identity, AKeyOfARolledBackSubmissionIsFree) {
    SqlSession client(conninfo());
    client.exec("BEGIN");
    client.value("SELECT tenon.submit('gates', 'keyed', idempotency_key => 'k')");
    client.exec("ROLLBACK");
    EXPECT_EQ(submit("keyed", R"(,"idempotency_key":"k")").status, 201U);
}

}  // namespace
}  // namespace tenon::testing
