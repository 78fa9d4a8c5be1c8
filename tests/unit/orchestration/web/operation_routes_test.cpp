// The routes of operators, over an actor that notes what it was asked.

#include "orchestration/web/dead_letter_routes.hpp"
#include "orchestration/web/step_routes.hpp"
#include "orchestration/web/task_routes.hpp"
#include "support/co_test.hpp"

#include <gmock/gmock.h>

namespace tenon::orchestration {
namespace {

using ::testing::HasSubstr;

constexpr auto task_text = "0192f0c1-7a5b-7c3d-8e9f-123456780000";
constexpr auto step_text = "0192f0c1-7a5b-7c3d-8e9f-123456780002";
constexpr auto entry_text = "7b1e1f0a-0000-4000-8000-000000000001";

/// Knows one task with one step and one dead letter.
class OperationsActor {
public:
    asio::awaitable<ResetStep::Reply> handle(ResetStep command) {
        co_return repaired(command.step, "reset", command.intervention);
    }

    asio::awaitable<ResolveStep::Reply> handle(ResolveStep command) {
        co_return repaired(command.step, "resolve", command.intervention);
    }

    asio::awaitable<CompleteStep::Reply> handle(CompleteStep command) {
        co_return repaired(command.step, "complete " + command.result_json, command.intervention);
    }

    asio::awaitable<CancelTask::Reply> handle(CancelTask command) {
        note_ = "cancel by " + command.intervention.by + ": " + command.intervention.reason;
        co_return Cancellation{.outcome = outcome, .running = 2};
    }

    asio::awaitable<InitializeTasks::Reply> handle(InitializeTasks command) {
        std::vector<TaskReceipt> receipts;
        for (const auto& request : command.requests) {
            const bool created = request.name == "new";
            receipts.push_back(
                {.task = TaskId::parse(task_text),
                 .created = created,
                 .state = created ? TaskState::steps_in_process : TaskState::error}
            );
        }
        co_return receipts;
    }

    asio::awaitable<ListDeadLetters::Reply> handle(ListDeadLetters query) {
        note_ = (query.status ? std::string(to_string(*query.status)) : "all") + " " +
                std::to_string(query.limit) + " " + query.before;
        co_return R"([{"dlq_at":"t1"},{"dlq_at":"t2"}])";
    }

    asio::awaitable<GetDeadLetter::Reply> handle(GetDeadLetter query) {
        co_return query.entry == DeadLetterId::parse(entry_text)
            ? std::optional<std::string>(R"({"the":"entry"})")
            : std::nullopt;
    }

    asio::awaitable<AddDeadLetter::Reply> handle(AddDeadLetter command) {
        note_ = "add by " + command.intervention.by + ": " + command.intervention.reason;
        co_return DeadLetterId::parse(entry_text);
    }

    asio::awaitable<UpdateDeadLetter::Reply> handle(UpdateDeadLetter command) {
        note_ = std::string(to_string(command.status)) + " by " + command.intervention.by;
        co_return command.entry == DeadLetterId::parse(entry_text);
    }

    asio::awaitable<RedriveTask::Reply> handle(RedriveTask /*command*/) { co_return 3; }

    const std::string& note() const { return note_; }

    std::string outcome = "cancelled";

private:
    std::optional<RepairedStep> repaired(
        const StepReference& step,
        const std::string& what,
        const Intervention& intervention
    ) {
        note_ = what + " " + step.step + " by " + intervention.by + ": " + intervention.reason;
        if (step.step != "known") {
            return std::nullopt;
        }
        return RepairedStep{StepId::parse(step_text), TaskState::blocked_by_failures};
    }

    std::string note_;
};

class OperationRoutesTest : public tenon::testing::CoroutineTest {
protected:
    OperationRoutesTest() {
        commands_.connect(actor_);
        add_task_routes(router_, commands_);
        add_step_routes(router_, commands_);
        add_dead_letter_routes(router_, commands_);
    }

    asio::awaitable<HttpResponse> send(
        std::string method,
        std::string path,
        std::string body = {},
        HttpFields query = {}
    ) {
        HttpRequest request{.method = std::move(method), .path = std::move(path)};
        request.headers.emplace_back("content-type", "application/json");
        request.query = std::move(query);
        request.body = std::move(body);
        return router_.respond(std::move(request));
    }

    asio::awaitable<HttpResponse> repair(std::string step, std::string body) {
        return send(
            "PATCH",
            "/v1/tasks/" + std::string(task_text) + "/workflow_steps/" + step,
            std::move(body)
        );
    }

    OperationsActor actor_;
    CommandProcessor commands_{{}};
    Router router_;
};

CO_TEST_F(OperationRoutesTest, ARepairAnswersWithTheTaskAsItIsThen) {
    const auto response =
        co_await repair("known", R"({"action_type":"reset_for_retry","reset_by":"ada"})");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(
        response.body,
        R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000",)"
        R"("step_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780002",)"
        R"("action_type":"reset_for_retry","task_status":"blocked_by_failures"})"
        "\n"
    );
    EXPECT_EQ(actor_.note(), "reset known by ada: ");
}

CO_TEST_F(OperationRoutesTest, EveryActionGoesItsOwnWay) {
    co_await repair("known", R"({"action_type":"resolve_manually","reason":"r"})");
    EXPECT_EQ(actor_.note(), "resolve known by operator: r");
    co_await repair(
        "known",
        R"({"action_type":"complete_manually","completed_by":"eve",)"
        R"("completion_data":{"result":1.10}})"
    );
    EXPECT_EQ(actor_.note(), "complete 1.10 known by eve: ");
}

CO_TEST_F(OperationRoutesTest, AnUnknownStepIsSaidToBe) {
    const auto response = co_await repair("nowhere", R"({"action_type":"resolve_manually"})");
    EXPECT_EQ(response.status, 404U);
    EXPECT_THAT(
        response.body, HasSubstr("task 0192f0c1-7a5b-7c3d-8e9f-123456780000 has no step 'nowhere'")
    );
    EXPECT_EQ((co_await repair("known", "{}")).status, 400U);
}

CO_TEST_F(OperationRoutesTest, ACancellationTellsWhatStillRuns) {
    const auto path = "/v1/tasks/" + std::string(task_text);
    const auto response = co_await send("DELETE", path, R"({"by":"ada","reason":"r"})");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(
        response.body,
        R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000","status":"cancelled",)"
        R"("running_steps":2})"
        "\n"
    );
    EXPECT_EQ(actor_.note(), "cancel by ada: r");

    actor_.outcome = "complete";
    const auto late = co_await send("DELETE", path);
    EXPECT_EQ(late.status, 409U);
    EXPECT_THAT(late.body, HasSubstr("cannot be cancelled: it has ended as complete"));
    actor_.outcome = "unknown";
    EXPECT_EQ((co_await send("DELETE", path)).status, 404U);
}

CO_TEST_F(OperationRoutesTest, ABatchIs201WhenSomethingWasCreated) {
    const auto request = [](const std::string& name) {
        return R"({"namespace":"n","name":")" + name + "\"}";
    };
    const auto both =
        co_await send("POST", "/v1/tasks:batch", "[" + request("new") + "," + request("old") + "]");
    EXPECT_EQ(both.status, 201U);
    EXPECT_EQ(
        both.body,
        R"({"created":1,"tasks":[{"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000",)"
        R"("status":"steps_in_process"},{"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000",)"
        R"("status":"error","duplicate":true}]})"
        "\n"
    );
    const auto none = co_await send("POST", "/v1/tasks:batch", "[" + request("old") + "]");
    EXPECT_EQ(none.status, 200U);
}

CO_TEST_F(OperationRoutesTest, AFullPageOfDeadLettersNamesTheNext) {
    const auto full = co_await send(
        "GET", "/v1/dlq", {}, {{"status", "pending"}, {"limit", "2"}, {"cursor", "2026-01-31"}}
    );
    EXPECT_EQ(full.status, 200U);
    EXPECT_EQ(
        full.body,
        R"({"entries":[{"dlq_at":"t1"},{"dlq_at":"t2"}],"next":"t2"})"
        "\n"
    );
    EXPECT_EQ(actor_.note(), "pending 2 2026-01-31");

    const auto last = co_await send("GET", "/v1/dlq");
    EXPECT_THAT(last.body, HasSubstr(R"("next":null)"));
    EXPECT_EQ(actor_.note(), "all 50 ");
}

CO_TEST_F(OperationRoutesTest, QueriesThatMeanNothingAreRefused) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"status", "done"},
        {"limit", "0"},
        {"limit", "501"},
        {"limit", "2x"},
        {"limit", ""},
        {"cursor", "yesterday"},
        {"cursor", std::string(41, '1')},
    };
    for (const auto& [key, value] : table) {
        const auto refused = co_await send("GET", "/v1/dlq", {}, {{key, value}});
        EXPECT_EQ(refused.status, 400U) << key << "=" << value;
        EXPECT_THAT(refused.body, HasSubstr("query parameter '" + key + "' must be")) << value;
    }
}

CO_TEST_F(OperationRoutesTest, DeadLettersAreAddedUpdatedAndRedriven) {
    const auto task = std::string(task_text);
    const auto added = co_await send("POST", "/v1/dlq/task/" + task, R"({"notes":"n"})");
    EXPECT_EQ(added.status, 201U);
    EXPECT_EQ(
        added.headers, (HttpFields{{"Location", "/v1/dlq/entry/" + std::string(entry_text)}})
    );
    EXPECT_EQ(actor_.note(), "add by operator: n");

    const auto body = R"({"resolution_status":"cancelled","resolved_by":"bob"})";
    const auto updated = co_await send("PATCH", "/v1/dlq/entry/" + std::string(entry_text), body);
    EXPECT_EQ(updated.status, 200U);
    EXPECT_EQ(updated.body, "{\"the\":\"entry\"}\n");
    EXPECT_EQ(actor_.note(), "cancelled by bob");
    EXPECT_EQ((co_await send("PATCH", "/v1/dlq/entry/" + task, body)).status, 404U);
    EXPECT_EQ((co_await send("GET", "/v1/dlq/entry/" + task)).status, 404U);
    EXPECT_EQ((co_await send("GET", "/v1/dlq/entry/x")).status, 400U);

    const auto redriven = co_await send("POST", "/v1/dlq/task/" + task + "/redrive");
    EXPECT_EQ(
        redriven.body,
        R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000","steps_reset":3})"
        "\n"
    );
}

}  // namespace
}  // namespace tenon::orchestration
