#include "worker/dispatch/attempt_verdict.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tenon::worker {
namespace {

StepFailure failure(std::string type, std::string code) {
    return {
        .message = "so it is",
        .error_type = std::move(type),
        .error_code = std::move(code),
        .context_json = {},
        .retryable = std::nullopt,
        .retry_after = std::nullopt
    };
}

TEST(AttemptVerdictTest, AHandlerThatStoppedWithItsHostGoesBackUncounted) {
    const auto stopped = failure("HandlerContract", "CANCELLED");
    const auto verdict = judge_attempt(stopped, {.asked = CancelReason::shutdown});
    ASSERT_TRUE(std::holds_alternative<GivenBack>(verdict));
    EXPECT_EQ(std::get<GivenBack>(verdict).reason, GivenBack::Reason::shutdown);
}

TEST(AttemptVerdictTest, AHandlerThatStoppedForANewerBuildGoesBackUncounted) {
    const auto stopped = failure("HandlerContract", "CANCELLED");
    const auto verdict = judge_attempt(stopped, {.asked = CancelReason::reload});
    ASSERT_TRUE(std::holds_alternative<GivenBack>(verdict));
    EXPECT_EQ(std::get<GivenBack>(verdict).reason, GivenBack::Reason::reload);
}

TEST(AttemptVerdictTest, OtherReasonsAndOtherFailuresAreFailures) {
    const auto stopped = failure("HandlerContract", "CANCELLED");
    const auto own = failure("PermanentError", "CANCELLED");
    EXPECT_TRUE(
        std::holds_alternative<StepFailure>(judge_attempt(stopped, {.asked = CancelReason::task}))
    );
    EXPECT_TRUE(
        std::holds_alternative<StepFailure>(judge_attempt(own, {.asked = CancelReason::shutdown}))
    ) << "its author says that it failed";
}

TEST(AttemptVerdictTest, AResultIsKeptWhateverWasAsked) {
    const auto verdict = judge_attempt("7", {.asked = CancelReason::shutdown});
    EXPECT_EQ(std::get<std::string>(verdict), "7");
}

TEST(AttemptVerdictTest, TheTenthYieldInARowWithoutProgressFails) {
    const auto ninth = judge_attempt(Yielded{}, {.stalls = 8});
    ASSERT_TRUE(std::holds_alternative<Yielded>(ninth));
    EXPECT_TRUE(std::get<Yielded>(ninth).stalled);
    const auto tenth = judge_attempt(Yielded{}, {.stalls = 9});
    ASSERT_TRUE(std::holds_alternative<StepFailure>(tenth));
    EXPECT_EQ(std::get<StepFailure>(tenth).error_code, "NO_PROGRESS");
    EXPECT_EQ(std::get<StepFailure>(tenth).retryable, std::nullopt) << "the template judges it";
}

TEST(AttemptVerdictTest, ACheckpointThatMovedIsProgress) {
    const auto verdict = judge_attempt(Yielded{}, {.stalls = 9, .moved = true});
    ASSERT_TRUE(std::holds_alternative<Yielded>(verdict));
    EXPECT_FALSE(std::get<Yielded>(verdict).stalled);
}

}  // namespace
}  // namespace tenon::worker
