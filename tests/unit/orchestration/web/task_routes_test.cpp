#include "orchestration/web/task_routes.hpp"

#include "support/co_test.hpp"

#include <gmock/gmock.h>

namespace tenon::orchestration {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view known = "0192f0c1-7a5b-7c3d-8e9f-123456780000";

/// Knows one template and one task.
class SmallActor {
public:
    asio::awaitable<TaskReceipt> handle(InitializeTask command) {
        last_ = std::move(command.request);
        if (last_.name != "known") {
            throw Exception({ErrorCode::not_found, "unknown template '" + last_.name + "'"});
        }
        const auto task = TaskId::parse(known);
        if (!last_.idempotency_key.empty()) {
            co_return TaskReceipt{.task = task, .created = false, .state = TaskState::complete};
        }
        co_return TaskReceipt{.task = task};
    }

    asio::awaitable<std::optional<std::string>> handle(GetTask query) {
        if (query.task != TaskId::parse(known)) {
            co_return std::nullopt;
        }
        co_return R"({"status" : "complete","big":123456789012345678901234567890})";
    }

    const TaskRequest& last() const { return last_; }

private:
    TaskRequest last_;
};

class TaskRoutesTest : public tenon::testing::CoroutineTest {
protected:
    TaskRoutesTest() {
        commands_.connect(actor_);
        add_task_routes(router_, commands_);
    }

    asio::awaitable<HttpResponse> post(std::string body) {
        HttpRequest request{.method = "POST", .path = "/v1/tasks"};
        request.headers.emplace_back("content-type", "application/json");
        request.body = std::move(body);
        return router_.respond(std::move(request));
    }

    asio::awaitable<HttpResponse> get(std::string_view task) {
        HttpRequest request{.method = "GET", .path = "/v1/tasks/" + std::string(task)};
        return router_.respond(std::move(request));
    }

    SmallActor actor_;
    CommandProcessor commands_{{}};
    Router router_;
};

CO_TEST_F(TaskRoutesTest, CreatesATaskAndSaysWhereItIs) {
    const auto response = co_await post(R"({"namespace":"n","name":"known","context":{"a":1.10}})");

    EXPECT_EQ(response.status, 201U);
    EXPECT_EQ(response.headers, (HttpFields{{"Location", "/v1/tasks/" + std::string(known)}}));
    EXPECT_EQ(
        response.body,
        R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000","status":"steps_in_process"})"
        "\n"
    );
    EXPECT_EQ(actor_.last().context_json, R"({"a":1.10})");
}

CO_TEST_F(TaskRoutesTest, AnswersADuplicateWithTheTaskThatExists) {
    const auto response =
        co_await post(R"({"namespace":"n","name":"known","idempotency_key":"order 42"})");

    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.headers, (HttpFields{{"Location", "/v1/tasks/" + std::string(known)}}));
    EXPECT_EQ(
        response.body,
        R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000","status":"complete",)"
        R"("duplicate":true})"
        "\n"
    );
    EXPECT_EQ(actor_.last().idempotency_key, "order 42");
}

CO_TEST_F(TaskRoutesTest, RefusesABadBodyWith400) {
    const auto response = co_await post(R"({"namespace":"n","name":"known","priority":"x"})");

    EXPECT_EQ(response.status, 400U);
    EXPECT_THAT(response.body, HasSubstr("field 'priority' must be an integer"));
    EXPECT_THAT(response.body, HasSubstr(R"("code":"invalid_input")"));
}

CO_TEST_F(TaskRoutesTest, GivesWhatTheActorThrowsItsStatus) {
    const auto response = co_await post(R"({"namespace":"n","name":"other"})");

    EXPECT_EQ(response.status, 404U);
    EXPECT_THAT(response.body, HasSubstr("unknown template 'other'"));
}

CO_TEST_F(TaskRoutesTest, PassesTheDocumentOnAsItIs) {
    const auto response = co_await get(known);

    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(
        response.body,
        R"({"status" : "complete","big":123456789012345678901234567890})"
        "\n"
    );
}

CO_TEST_F(TaskRoutesTest, TellsAnUnknownTaskFromAMalformedUuid) {
    const auto unknown = co_await get("0192f0c1-7a5b-7c3d-8e9f-123456789999");
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_THAT(unknown.body, HasSubstr("there is no task 0192f0c1-7a5b-7c3d-8e9f-123456789999"));

    for (const std::string text :
         {"x",
          "0192f0c17a5b7c3d8e9f123456780000",
          "{0192f0c1-7a5b-7c3d-8e9f-123456780000}",
          "0192f0c1-7a5b-7c3d-8e9f-12345678000",
          "0192f0c1-7a5b-7c3d-8e9f-123456780000x",
          "0192f0c1-7a5b-7c3d-8e9f_123456780000",
          "g192f0c1-7a5b-7c3d-8e9f-123456780000"}) {
        const auto malformed = co_await get(text);
        EXPECT_EQ(malformed.status, 400U) << text;
        EXPECT_THAT(malformed.body, HasSubstr("'" + text + "' is not the UUID of a task"));
    }
}

CO_TEST_F(TaskRoutesTest, SaysThatOverloadPasses) {
    commands_.stop();

    const auto response = co_await post(R"({"namespace":"n","name":"known"})");

    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(response.headers, (HttpFields{{"Retry-After", "1"}}));
}

}  // namespace
}  // namespace tenon::orchestration
