#include <tenon/json.hpp>
#include <tenon/testing.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

// A handler per question, each a class of the test's own.
template <auto Body>
class Probe : public StepHandler {
    StepResult call(StepContext& context) override { return Body(context); }
};

TEST(StepContext, GivesInputWithAndWithoutFallback) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        return std::vector<std::int64_t>{
            context.input<int>("n"),
            context.input_or<int>("n", 1),
            context.input_or<int>("absent", 2),
            context.input_or<int>("null", 3),
            context.initialization_or<int>("factor", 4),
            context.initialization_or<int>("absent", 5),
        };
    };
    const auto run = testing::run<Probe<body>>(
        {.context = R"({"n":9,"null":null})", .initialization = R"({"factor":8})"}
    );
    EXPECT_EQ(run.result, "[9,9,2,3,8,5]");
}

TEST(StepContext, ReachesDependenciesAndFurtherAncestors) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        return json{
            {"near", context.dependency<int>("near")},
            {"far", context.dependency<std::string>("far")},
            {"names", context.dependency_names().size()},
        };
    };
    const auto run = testing::run<Probe<body>>(
        {.dependencies = {{"near", "7"}, {"other", "8"}}, .ancestors = {{"far", R"("away")"}}}
    );
    EXPECT_EQ(run.result, R"({"far":"away","names":2,"near":7})");
    const auto missing = testing::run<Probe<body>>({.dependencies = {{"near", "7"}}});
    ASSERT_TRUE(missing.failure);
    EXPECT_EQ(
        missing.failure->message,
        "no result of step far within reach: list it among the step's dependencies"
    );
    EXPECT_EQ(missing.failure->code, "VALIDATION_ERROR");
}

TEST(StepContext, KnowsItsAttemptAndMethod) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        return std::string(context.method()) + (context.is_retry() ? " retry" : " first") +
               (context.is_last_attempt() ? " last" : "");
    };
    using Asked = Probe<body>;
    EXPECT_EQ(testing::run<Asked>({.attempt = 1}).result, R"("call first")");
    EXPECT_EQ(
        testing::run<Asked>({.attempt = 3, .max_attempts = 3, .method = "refund"}).result,
        R"("refund retry last")"
    );
}

TEST(StepContext, PublishesBeatsAndLogs) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        context.heartbeat(0.5, "halfway");
        context.log(LogLevel::warn, "low stock", R"({"left":3})");
        return context.publish("order.paid", json{{"amount", 12}});
    };
    EXPECT_EQ(testing::run<Probe<body>>({.events = {{"order.lost"}}}).result, "false");
    EXPECT_EQ(testing::run<Probe<body>>({.events = {{"order.paid"}}}).events.size(), 1U);
    const auto run = testing::run<Probe<body>>();
    EXPECT_EQ(run.result, "true");
    EXPECT_THAT(run.heartbeats, ElementsAre(0.5));
    ASSERT_EQ(run.events.size(), 1U);
    EXPECT_EQ(run.events[0].name, "order.paid");
    EXPECT_EQ(run.events[0].payload, R"({"amount":12})");
    ASSERT_EQ(run.logs.size(), 1U);
    EXPECT_EQ(run.logs[0].level, LogLevel::warn);
    EXPECT_EQ(run.logs[0].message, "low stock");
    EXPECT_EQ(run.logs[0].fields, R"({"left":3})");
}

TEST(StepContext, StopsWhereItIsCancelled) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        int rounds = 0;
        for (; rounds < 10; ++rounds) {
            context.log(LogLevel::debug, "round");
            context.throw_if_cancelled();
        }
        return rounds;
    };
    EXPECT_EQ(testing::run<Probe<body>>().result, "10");
    const auto run =
        testing::run<Probe<body>>({.cancel_reason = TENON_CANCEL_TASK, .cancel_after = 3});
    EXPECT_TRUE(run.cancelled());
    EXPECT_FALSE(run.succeeded());
    EXPECT_EQ(run.logs.size(), 4U);
}

TEST(StepContext, TellsWhyItShouldStop) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        return static_cast<int>(context.cancel_reason());
    };
    EXPECT_EQ(testing::run<Probe<body>>().result, "0");
    for (const auto reason :
         {CancelReason::deadline, CancelReason::task, CancelReason::shutdown, CancelReason::reload
         }) {
        const auto number = static_cast<std::int32_t>(reason);
        EXPECT_EQ(
            testing::run<Probe<body>>({.cancel_reason = number}).result, std::to_string(number)
        );
    }
}

TEST(StepContext, YieldsWithACheckpointAndResumesFromIt) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        if (const auto from = context.checkpoint()) {
            return from->at("row").as<int>();
        }
        context.yield(json{{"row", 100}});
    };
    const auto first = testing::run<Probe<body>>();
    EXPECT_TRUE(first.yielded());
    EXPECT_EQ(first.checkpoint, R"({"row":100})");
    EXPECT_EQ(testing::run<Probe<body>>({.checkpoint = first.checkpoint}).result, "100");
}

TEST(StepContext, SavesACheckpointAndGoesOn) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        context.save_checkpoint(std::vector<int>{1, 2});
        return "done";
    };
    const auto run = testing::run<Probe<body>>();
    EXPECT_EQ(run.checkpoint, "[1,2]");
    EXPECT_EQ(run.result, R"("done")");
    EXPECT_FALSE(run.yielded());
}

TEST(StepContext, FailsForGoodOverACheckpointThatIsTooLarge) {
    constexpr auto body = [](StepContext& context) -> StepResult {
        context.yield(std::string(1024 * 1024, 'x'));
    };
    const auto run = testing::run<Probe<body>>();
    ASSERT_TRUE(run.failure);
    EXPECT_EQ(run.failure->code, "CHECKPOINT_TOO_LARGE");
    EXPECT_EQ(
        run.failure->message,
        "the checkpoint has 1048578 bytes: keep the cursor in it and the rest elsewhere"
    );
    EXPECT_EQ(run.checkpoint, "");
}

TEST(StepHandler, LetsNoExceptionOut) {
    constexpr auto typed = [](StepContext&) -> StepResult {
        throw RetryableError("busy", {.code = "GATEWAY_BUSY", .retry_after = 5s});
    };
    const auto busy = testing::run<Probe<typed>>();
    ASSERT_TRUE(busy.failure);
    EXPECT_EQ(busy.failure->type, "RetryableError");
    EXPECT_EQ(busy.failure->code, "GATEWAY_BUSY");
    EXPECT_EQ(busy.failure->retryable, true);
    EXPECT_EQ(busy.failure->retry_after, 5s);

    constexpr auto foreign = [](StepContext&) -> StepResult { throw "a C string"; };
    const auto odd = testing::run<Probe<foreign>>();
    ASSERT_TRUE(odd.failure);
    EXPECT_EQ(odd.failure->code, "UNHANDLED_EXCEPTION");
    EXPECT_EQ(odd.failure->retryable, std::nullopt);
    EXPECT_EQ(odd.status, TENON_FAILED);
}

TEST(StepResult, WritesItsValueAsJson) {
    EXPECT_EQ(StepResult().text(), "{}");
    EXPECT_EQ(StepResult(7).text(), "7");
    EXPECT_EQ(StepResult(false).text(), "false");
    EXPECT_EQ(StepResult("two \"words\"").text(), R"("two \"words\"")");
    EXPECT_EQ(StepResult(std::string("s")).text(), R"("s")");
    EXPECT_EQ(StepResult(std::string_view("v")).text(), R"("v")");
    EXPECT_EQ(StepResult(json{{"a", nullptr}}).text(), R"({"a":null})");
    EXPECT_EQ(StepResult::raw("[ 1 ]").text(), "[ 1 ]");
}

class DeferredHandler : public StepHandler {
public:
    ~DeferredHandler() override {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

private:
    StepResult call(StepContext& context) override {
        thread_ = std::thread([end = context.defer(), number = context.input<int>("n")]() mutable {
            if (number < 0) {
                end.fail(PermanentError("negative", {.code = "NEGATIVE"}));
            } else if (number > 0) {
                end.succeed(number * 2);
            }
        });
        return StepResult::pending();
    }

    std::thread thread_;
};

TEST(DeferredStep, EndsOnAnotherThread) {
    EXPECT_EQ(testing::run<DeferredHandler>({.context = R"({"n":21})"}).result, "42");
    const auto failed = testing::run<DeferredHandler>({.context = R"({"n":-1})"});
    ASSERT_TRUE(failed.failure);
    EXPECT_EQ(failed.failure->code, "NEGATIVE");
    EXPECT_EQ(failed.failure->retryable, false);
}

TEST(DeferredStep, FailsWhenItsEndIsDropped) {
    const auto lost = testing::run<DeferredHandler>({.context = R"({"n":0})"});
    ASSERT_TRUE(lost.failure);
    EXPECT_EQ(lost.failure->code, "COMPLETION_LOST");
}

}  // namespace
}  // namespace tenon
