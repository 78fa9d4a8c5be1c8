#include "worker/dispatch/running_steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tenon::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const auto one = TaskId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8a0000");
const auto other = TaskId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8b0000");

class RunningStepsTest : public ::testing::Test {
protected:
    using Clock = RunningSteps::Clock;

    RunningStep step(TaskId task, Clock::time_point begun_at = Clock::now()) const {
        return {
            .task = task,
            .step_no = 7,
            .attempt = 2,
            .callable = "guest::Handler",
            .asked_at = begun_at,
            .begun_at = begun_at,
            .limit = 30s
        };
    }

    RunningSteps running;
};

TEST_F(RunningStepsTest, CancelsTheStepsOfOneTaskOnly) {
    auto first = step(one);
    auto second = step(other);
    auto third = step(one);
    for (auto* each : {&first, &second, &third}) {
        ASSERT_TRUE(running.enter(*each));
    }
    EXPECT_EQ(running.cancel_task(one), 2U);
    EXPECT_EQ(first.token.reason(), CancelReason::task);
    EXPECT_EQ(second.token.reason(), CancelReason::none);
    EXPECT_EQ(third.token.reason(), CancelReason::task);
    EXPECT_THAT(running.tasks(), ElementsAre(other));
    EXPECT_EQ(running.cancel_task(one), 0U) << "each is asked once";
    for (auto* each : {&first, &second, &third}) {
        EXPECT_TRUE(running.leave(*each));
    }
    EXPECT_EQ(running.size(), 0U);
    EXPECT_EQ(running.statistics().cancelled, 2U);
}

// A claim may be on its way while the cancellation overtakes it.
TEST_F(RunningStepsTest, KeepsAStepFromBeginningThatWasAskedForBeforeItsTaskWasCancelled) {
    auto late = step(one);
    running.cancel_task(one);
    EXPECT_FALSE(running.enter(late));
    EXPECT_EQ(running.size(), 0U);
    auto unconcerned = step(other);
    EXPECT_TRUE(running.enter(unconcerned));
    running.leave(unconcerned);
}

// After a redrive the same task may run again.
TEST_F(RunningStepsTest, LetsAStepBeginThatWasAskedForLater) {
    running.cancel_task(one);
    auto later = step(one, Clock::now() + 1ms);
    EXPECT_TRUE(running.enter(later));
    EXPECT_FALSE(later.token.cancelled());
    running.leave(later);
}

TEST_F(RunningStepsTest, CancelsEverything) {
    auto first = step(one);
    auto second = step(other);
    running.enter(first);
    running.enter(second);
    EXPECT_EQ(running.cancel_all(CancelReason::shutdown), 2U);
    EXPECT_EQ(first.token.reason(), CancelReason::shutdown);
    EXPECT_EQ(running.oldest(), std::nullopt);
    running.leave(first);
    running.leave(second);
}

TEST_F(RunningStepsTest, KnowsTheOldestThatNobodyAskedToStop) {
    EXPECT_EQ(running.oldest(), std::nullopt);
    const auto now = Clock::now();
    auto first = step(one, now - 3s);
    auto second = step(other, now - 2s);
    running.enter(first);
    running.enter(second);
    EXPECT_EQ(running.oldest(), now - 3s);
    running.cancel_task(one);
    EXPECT_EQ(running.oldest(), now - 2s);
    running.leave(first);
    running.leave(second);
}

TEST_F(RunningStepsTest, AsksAHandlerToStopWhenItsTimeIsUp) {
    const auto begin = Clock::now();
    auto late = step(one, begin);
    auto early = step(other, begin + 10s);
    running.enter(late);
    running.enter(early);
    EXPECT_THAT(running.enforce_limits(begin + 29s, {.grace = 5s}), IsEmpty());
    EXPECT_FALSE(late.token.cancelled());
    EXPECT_THAT(running.enforce_limits(begin + 30s, {.grace = 5s}), IsEmpty());
    EXPECT_EQ(late.token.reason(), CancelReason::deadline);
    EXPECT_FALSE(early.token.cancelled());
    EXPECT_TRUE(running.leave(late)) << "it ended within the grace: its result counts";
    EXPECT_TRUE(running.leave(early));
    EXPECT_EQ(running.statistics().timed_out, 1U);
    EXPECT_EQ(running.statistics().late, 0U);
}

TEST_F(RunningStepsTest, SettlesAStepOnceInPlaceOfAHandlerThatWouldNotEnd) {
    const auto begin = Clock::now();
    auto stuck = step(one, begin);
    running.enter(stuck);
    const auto given_up = running.enforce_limits(begin + 35s, {.grace = 5s});
    ASSERT_EQ(given_up.size(), 1U);
    EXPECT_EQ(given_up[0].task, one);
    EXPECT_EQ(given_up[0].step_no, 7);
    EXPECT_EQ(given_up[0].attempt, 2);
    EXPECT_EQ(given_up[0].execution_time, 35s);
    const auto& failure = std::get<StepFailure>(given_up[0].outcome);
    EXPECT_EQ(failure.error_code, "handler_timeout");
    EXPECT_EQ(failure.retryable, std::nullopt);
    EXPECT_EQ(
        failure.message,
        "guest::Handler was asked to stop after 30 s and did not end within 5000 ms"
    );
    EXPECT_THAT(running.enforce_limits(begin + 1h, {.grace = 5s}), IsEmpty());
    EXPECT_FALSE(running.leave(stuck));
    EXPECT_EQ(running.statistics().abandoned, 1U);
    EXPECT_EQ(running.statistics().late, 1U);
}

TEST_F(RunningStepsTest, GivesAHandlerTimeFromItsLastHeartbeat) {
    const auto begin = Clock::now();
    auto lively = step(one, begin);
    running.enter(lively);
    EXPECT_TRUE(running.beat(lively, {.fraction = 0.5, .message = {}}, begin + 29s));
    EXPECT_THAT(running.enforce_limits(begin + 58s, {.grace = 5s}), IsEmpty());
    EXPECT_FALSE(lively.token.cancelled());
    running.enforce_limits(begin + 59s, {.grace = 5s});
    EXPECT_EQ(lively.token.reason(), CancelReason::deadline);
    EXPECT_FALSE(running.beat(lively, {}, begin + 60s)) << "too late";
    const auto given_up = running.enforce_limits(begin + 64s, {.grace = 5s});
    ASSERT_EQ(given_up.size(), 1U);
    EXPECT_EQ(
        std::get<StepFailure>(given_up[0].outcome).message,
        "guest::Handler was asked to stop after 30 s without a heartbeat and did not end within "
        "5000 ms"
    );
    EXPECT_FALSE(running.leave(lively));
}

TEST_F(RunningStepsTest, AsksAHandlerToStopWhoseBuildWasReplacedLongEnoughAgo) {
    const auto now = Clock::now();
    plugin_host::CallTally old_build;
    plugin_host::CallTally new_build;
    auto old_call = step(one, now);
    old_call.build = &old_build;
    auto new_call = step(other, now);
    new_call.build = &new_build;
    running.enter(old_call);
    running.enter(new_call);
    const RunningSteps::Patience patience{.grace = 5s, .reload = 10s};
    running.enforce_limits(now + 20s, patience);
    EXPECT_FALSE(old_call.token.cancelled()) << "its build is active";
    old_build.replace(now + 15s);
    running.enforce_limits(now + 24s, patience);
    EXPECT_FALSE(old_call.token.cancelled()) << "it has a second left";
    running.enforce_limits(now + 25s, {.grace = 5s});
    EXPECT_FALSE(old_call.token.cancelled()) << "without a limit it may go on";
    running.enforce_limits(now + 25s, patience);
    EXPECT_EQ(old_call.token.reason(), CancelReason::reload);
    EXPECT_FALSE(new_call.token.cancelled());
    running.enforce_limits(now + 26s, patience);
    EXPECT_EQ(running.statistics().replaced, 1U) << "each is asked once";
    running.leave(old_call);
    running.leave(new_call);
}

TEST_F(RunningStepsTest, CollectsTheLatestProgressOnce) {
    const auto now = Clock::now();
    auto silent = step(one);
    auto lively = step(other);
    running.enter(silent);
    running.enter(lively);
    running.beat(lively, {.fraction = 0.1, .message = "begun"}, now);
    running.beat(lively, {.fraction = std::nullopt, .message = "lost"}, now);
    const auto news = running.collect_progress(now).value();
    ASSERT_EQ(news.size(), 1U);
    EXPECT_EQ(news[0].step.task, other);
    EXPECT_EQ(news[0].step.step_no, 7);
    EXPECT_EQ(news[0].step.attempt, 2);
    EXPECT_EQ(news[0].progress.fraction, std::nullopt);
    EXPECT_EQ(news[0].progress.message, "lost");

    running.beat(silent, {.fraction = 1, .message = {}}, now);
    EXPECT_EQ(running.collect_progress(Clock::now() + 50ms).value().size(), 1U);
    std::thread stopper([&] { running.stop(); });
    EXPECT_EQ(running.collect_progress(now), std::nullopt);
    stopper.join();
    running.leave(silent);
    running.leave(lively);
}

TEST_F(RunningStepsTest, NapsUntilAHandlerBeginsOrItIsStopped) {
    auto begun = step(one);
    std::thread beginner([&] { running.enter(begun); });
    EXPECT_TRUE(running.nap(1ms));
    beginner.join();
    running.leave(begun);
    std::thread stopper([&] { running.stop(); });
    EXPECT_FALSE(running.nap(1h));
    stopper.join();
}

}  // namespace
}  // namespace tenon::worker
