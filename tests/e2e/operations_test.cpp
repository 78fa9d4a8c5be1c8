// What operators do about tasks that cannot go on by themselves, on the command line and over HTTP.

#include "support/api_contract.hpp"
#include "support/audit.hpp"
#include "support/gated_workflows.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>
#include <vector>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;
using States = std::map<std::string, std::string>;

constexpr auto nobodys_task = "0192f0c1-7a5b-7c3d-8e9f-123456780000";

class Operations : public DatabaseTest {
protected:
    Ending tenon(std::vector<std::string> words) {
        words.insert(words.end(), {"--url", host_->url()});
        return run_tenon(std::move(words));
    }

    /// The same, of a command that must succeed and prints JSON.
    Json answer(std::vector<std::string> words) {
        words.emplace_back("--json");
        const auto ending = tenon(std::move(words));
        EXPECT_EQ(ending.exit_code, 0) << ending.err;
        return Json::parse(ending.out);
    }

    HttpReply send(std::string_view method, const std::string& target, std::string body = {}) {
        return ApiClient({.url = host_->url()}).send(method, target, std::move(body));
    }

    /// A task that is blocked, because a gate of it is shut.
    std::string blocked_task(const std::string& name) {
        auto task = gates_.submit(sql(), name);
        EXPECT_TRUE(await_state(sql(), task, "blocked_by_failures")) << task_state(sql(), task);
        return task;
    }

    std::string entry_status(const std::string& task) {
        return sql().value(
            "SELECT string_agg(dlq_reason || ' ' || resolution_status || ' ' || "
            "coalesce(resolved_by, '-'), ', ') FROM tenon.tasks_dlq WHERE task_uuid = $1",
            {task}
        );
    }

    const GatedWorkflows gates_;
    std::unique_ptr<HostProcess> host_ = start_host(
        {.database_url = conninfo(),
         .plugins = GatedWorkflows::plugins(),
         .templates = gates_.templates()}
    );
};

TEST_F(Operations, AResetStepRunsAgainOnceItsCauseIsGone) {
    const auto task = blocked_task("gated");
    EXPECT_EQ(
        step_states(sql(), task),
        (States{
            {"start", "complete"}, {"left", "error"}, {"right", "complete"}, {"join", "pending"}
        })
    ) << "an independent branch goes on";
    EXPECT_EQ(entry_status(task), "permanent_failure pending -");

    const auto shown = tenon({"task", "get", task});
    EXPECT_THAT(shown.out, HasSubstr("blocked: step 'left' failed for good"));
    EXPECT_THAT(shown.out, HasSubstr("tenon task reset-step " + task + " left --reason WHY\n"));

    gates_.open("left", 30);
    const auto reset =
        answer({"task", "reset-step", task, "left", "--reason", "the gate is open", "--by", "ada"});
    EXPECT_EQ(reset.at("task_uuid"), task);
    EXPECT_EQ(reset.at("action_type"), "reset_for_retry");
    EXPECT_EQ(reset.at("task_status"), "steps_in_process");
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(
        step_results(sql(), task),
        (States{{"start", "6"}, {"left", "36"}, {"right", "16"}, {"join", "52"}})
    );
    EXPECT_EQ(entry_status(task), "permanent_failure manually_resolved ada");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());

    const auto audit = answer({"task", "audit", task, "left"});
    const auto by_ada = std::ranges::find_if(audit, [](const Json& change) {
        return change.at("reason") == "ada: the gate is open";
    });
    ASSERT_NE(by_ada, audit.end()) << audit;
    EXPECT_EQ(by_ada->at("from_state"), "error");
    EXPECT_EQ(by_ada->at("to_state"), "enqueued");
    EXPECT_THAT(
        tenon({"task", "audit", task, "left"}).out,
        ContainsRegex(" 0 +error -> enqueued [(]via pending[)]: ada: the gate is open\n")
    );
}

TEST_F(Operations, AStepOutOfAttemptsGetsAllOfThemAgain) {
    const auto task = blocked_task("flaky");
    EXPECT_EQ(entry_status(task), "max_retries_exceeded pending -");
    // Still shut: both attempts fail anew, and the task is blocked again with a new entry.
    answer({"task", "reset-step", task, "left", "--reason", "perhaps now"});
    ASSERT_TRUE(eventually([&] {
        return sql().value("SELECT count(*) FROM tenon.tasks_dlq WHERE task_uuid = $1", {task}) ==
               "2";
    }));
    ASSERT_TRUE(await_state(sql(), task, "blocked_by_failures"));
    EXPECT_EQ(
        sql().value(
            "SELECT attempts FROM tenon.workflow_steps WHERE task_uuid = $1 AND state = 'error'",
            {task}
        ),
        "2"
    );
    gates_.open("left", 1);
    answer({"task", "reset-step", task, "left", "--reason", "now for sure"});
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(step_results(sql(), task).at("join"), "23");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Operations, OfManyOperatorsWhoResetOneStepAtOnceOneDoes) {
    const auto task = blocked_task("gated");
    gates_.open("left", 30);
    const auto target = "/v1/tasks/" + task + "/workflow_steps/left";
    std::vector<unsigned> statuses(8);
    {
        std::vector<std::jthread> threads;
        for (auto& status : statuses) {
            threads.emplace_back([&] {
                status = send("PATCH", target, R"({"action_type":"reset_for_retry"})").status;
            });
        }
    }
    EXPECT_EQ(std::ranges::count(statuses, 200U), 1);
    EXPECT_EQ(std::ranges::count(statuses, 409U), 7);
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(step_results(sql(), task).at("join"), "52");
    EXPECT_EQ(
        sql().value(
            "SELECT attempts FROM tenon.workflow_steps WHERE task_uuid = $1 AND step_no = 2", {task}
        ),
        "1"
    );
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Operations, AResolvedStepLetsItsSuccessorsRunWithoutAResult) {
    const auto task = blocked_task("gated");
    const auto resolved =
        answer({"task", "resolve-step", task, "left", "--reason", "done by phone"});
    EXPECT_EQ(resolved.at("action_type"), "resolve_manually");
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(step_states(sql(), task).at("left"), "resolved_manually");
    EXPECT_EQ(
        step_results(sql(), task),
        (States{{"start", "6"}, {"left", "NULL"}, {"right", "16"}, {"join", "16"}})
    );
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Operations, ACompletedStepGivesItsSuccessorsTheResultDigitForDigit) {
    const auto task = blocked_task("gated");
    const auto step_uuid = answer({"task", "get", task}).at("steps").at(1).at("step_uuid");
    const auto completed = answer(
        {"task",
         "complete-step",
         task,
         step_uuid.get<std::string>(),
         "--result",
         "9007199254740993",
         "--reason",
         "computed by hand",
         "--by",
         "ada"}
    );
    EXPECT_EQ(completed.at("step_uuid"), step_uuid);
    EXPECT_EQ(completed.at("action_type"), "complete_manually");
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(step_states(sql(), task).at("left"), "complete");
    EXPECT_EQ(step_results(sql(), task).at("left"), "9007199254740993");
    EXPECT_EQ(step_results(sql(), task).at("join"), "9007199254741009");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Operations, ATaskWithAnotherFailureStaysBlockedUntilThatIsRepairedToo) {
    const auto task = blocked_task("twins");
    EXPECT_THAT(
        tenon({"task", "get", task}).out, HasSubstr("tenon dlq redrive " + task + " --reason WHY\n")
    );
    const auto first =
        answer({"task", "complete-step", task, "left", "--result", "1", "--reason", "x"});
    EXPECT_EQ(first.at("task_status"), "blocked_by_failures");
    EXPECT_EQ(entry_status(task), "permanent_failure pending -");
    const auto second =
        answer({"task", "complete-step", task, "right", "--result", "2", "--reason", "x"});
    EXPECT_EQ(second.at("task_status"), "steps_in_process");
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(step_results(sql(), task).at("join"), "3");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Operations, ACancelledTaskEndsAtOnceWithAllThatWaits) {
    const auto task = blocked_task("gated");
    const auto cancelled = answer({"task", "cancel", task, "--reason", "no use", "--by", "ada"});
    EXPECT_EQ(cancelled.at("status"), "cancelled");
    EXPECT_EQ(cancelled.at("running_steps"), 0);
    EXPECT_EQ(task_state(sql(), task), "cancelled");
    EXPECT_EQ(
        step_states(sql(), task),
        (States{
            {"start", "complete"}, {"left", "error"}, {"right", "complete"}, {"join", "cancelled"}
        })
    );
    EXPECT_EQ(entry_status(task), "permanent_failure cancelled ada");
    EXPECT_EQ(tenon({"task", "cancel", task}).exit_code, 0) << "once more is no error";

    const auto reset = tenon({"task", "reset-step", task, "left", "--reason", "too late"});
    EXPECT_EQ(reset.exit_code, 4);
    EXPECT_THAT(reset.complaint(), HasSubstr("its task is cancelled"));
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Operations, ATaskThatWasGivenUpIsRedriven) {
    const auto task = blocked_task("gated");
    const auto entry = answer({"dlq", "list"}).at("entries").at(0).at("dlq_entry_uuid");
    const auto updated = answer(
        {"dlq",
         "update",
         entry.get<std::string>(),
         "--status",
         "permanently_failed",
         "--notes",
         "hopeless",
         "--by",
         "ada"}
    );
    EXPECT_EQ(updated.at("resolution_status"), "permanently_failed");
    ASSERT_EQ(task_state(sql(), task), "error");
    EXPECT_THAT(
        tenon({"task", "get", task}).out, HasSubstr("tenon dlq redrive " + task + " --reason WHY\n")
    );

    gates_.open("left", 30);
    const auto redriven = answer({"dlq", "redrive", task, "--reason", "hope", "--by", "bob"});
    EXPECT_EQ(redriven.at("steps_reset"), 2) << "the gate and the join that was given up with it";
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(step_results(sql(), task).at("join"), "52");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());

    const auto again = tenon({"dlq", "redrive", task});
    EXPECT_EQ(again.exit_code, 4);
    EXPECT_THAT(again.complaint(), HasSubstr("cannot be redriven: it is complete"));
}

TEST_F(Operations, AreRefusedWithTheStateAndWhatIsPossible) {
    const auto task = blocked_task("gated");
    const auto steps = "/v1/tasks/" + task + "/workflow_steps";
    const auto reset = send("PATCH", steps + "/right", R"({"action_type":"reset_for_retry"})");
    EXPECT_EQ(reset.status, 409U);
    EXPECT_THAT(reset.body, HasSubstr("it is complete; possible for steps that are error"));

    EXPECT_EQ(send("PATCH", steps + "/left", R"({"action_type":"retry"})").status, 400U);
    EXPECT_EQ(
        send("PATCH", steps + "/nowhere", R"({"action_type":"resolve_manually"})").status, 404U
    );
    EXPECT_EQ(send("GET", steps + "/nowhere").status, 404U);
    EXPECT_EQ(send("GET", steps + "/nowhere/audit").status, 404U);
    EXPECT_EQ(
        send("GET", std::string("/v1/tasks/") + nobodys_task + "/workflow_steps").status, 404U
    );
    EXPECT_EQ(send("DELETE", std::string("/v1/tasks/") + nobodys_task).status, 404U);
    EXPECT_EQ(send("DELETE", "/v1/tasks/12").status, 400U);
    EXPECT_EQ(send("POST", std::string("/v1/dlq/task/") + nobodys_task + "/redrive").status, 404U);

    const auto all = Json::parse(send("GET", steps).body);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(Json::parse(send("GET", steps + "/left").body), all.at(1));
    EXPECT_EQ(
        Json::parse(send("GET", steps + "/" + all.at(1).at("step_uuid").get<std::string>()).body),
        all.at(1)
    );
    EXPECT_EQ(all.at(1).at("error").at("error_code"), "GATE_SHUT");

    answer({"task", "resolve-step", task, "left", "--reason", "x"});
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    const auto late = send("DELETE", "/v1/tasks/" + task);
    EXPECT_EQ(late.status, 409U);
    EXPECT_THAT(late.body, HasSubstr("cannot be cancelled: it has ended as complete"));
}

TEST_F(Operations, ManyRequestsAreSubmittedTogetherOrNotAtAll) {
    const auto request = [&](const std::string& name, const std::string& more) {
        return R"({"namespace":"gates","name":")" + name + R"(","context":)" + gates_.context() +
               more + "}";
    };
    gates_.open("left", 30);
    const auto body = "[" + request("gated", R"(,"idempotency_key":"one")") + "," +
                      request("strict", "") + "," + request("gated", R"(,"priority":5)") + "," +
                      request("gated", R"(,"idempotency_key":"one")") + "]";
    const auto reply = send("POST", "/v1/tasks:batch", body);
    ASSERT_EQ(reply.status, 201U) << reply.body;
    const auto answered = Json::parse(reply.body);
    EXPECT_EQ(answered.at("created"), 3);
    const auto& tasks = answered.at("tasks");
    ASSERT_EQ(tasks.size(), 4U);
    EXPECT_EQ(tasks.at(3).at("task_uuid"), tasks.at(0).at("task_uuid"));
    EXPECT_EQ(tasks.at(3).at("duplicate"), true);
    for (const auto i : {0U, 1U, 2U}) {
        const auto task = tasks.at(i).at("task_uuid").get<std::string>();
        EXPECT_TRUE(await_state(sql(), task, "complete"));
        EXPECT_EQ(step_results(sql(), task).at(i == 1 ? "only" : "join"), i == 1 ? "1" : "52");
    }
    EXPECT_EQ(send("POST", "/v1/tasks:batch", body).status, 201U) << "one of them has no key";

    const auto before = sql().value("SELECT count(*) FROM tenon.tasks");
    const auto unknown = send(
        "POST", "/v1/tasks:batch", "[" + request("gated", "") + "," + request("none", "") + "]"
    );
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_THAT(unknown.body, HasSubstr("unknown template 'gates/none'"));
    const auto misspelt = send(
        "POST",
        "/v1/tasks:batch",
        "[" + request("gated", "") + "," + request("gated", R"(,"x":1)") + "]"
    );
    EXPECT_EQ(misspelt.status, 400U);
    EXPECT_THAT(misspelt.body, HasSubstr("request 1: unknown field 'x'"));
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), before);
}

TEST(CancelOfARunningTask, LetsTheHandlerAnswerAndStartsNothingMore) {
    TestDatabase database;
    const SlowWorkflows slow;
    const auto host = start_host(
        {.database_url = database.conninfo(),
         .plugins = SlowWorkflows::plugins(),
         .templates = slow.templates()}
    );
    auto& sql = database.sql();
    slow.submit(sql, "chain", 1, 1500ms);
    ASSERT_TRUE(eventually([&] { return slow.start_count() == 1; }));
    const auto task = sql.value("SELECT task_uuid FROM tenon.tasks");

    const auto cancelled = run_tenon({"task", "cancel", task, "--url", host->url()});
    EXPECT_EQ(cancelled.exit_code, 0) << cancelled.err;
    EXPECT_EQ(
        cancelled.out, "cancelled task " + task + "; 1 handler still at work, asked to stop\n"
    );
    EXPECT_EQ(task_state(sql, task), "cancelled") << "at once, whatever runs";
    const States done{
        {"first", "complete"},
        {"second", "cancelled"},
        {"third", "cancelled"},
        {"fourth", "cancelled"}
    };
    EXPECT_TRUE(eventually([&] { return step_states(sql, task) == done; }))
        << "what was done is on record";
    EXPECT_EQ(step_results(sql, task).at("first"), "1500");
    EXPECT_EQ(slow.start_count(), 1);
    EXPECT_EQ(task_state(sql, task), "cancelled");
    EXPECT_THAT(audit_violations(sql), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
