#include "app/bench/load/task_clock.hpp"

#include "app/bench/load/pace.hpp"
#include "app/bench/load/submission.hpp"

#include <gmock/gmock.h>

#include <future>
#include <memory>

namespace tenon::app {
namespace {

using namespace std::chrono_literals;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Clock = TaskClock::Clock;

TaskId task(int number) {
    return TaskId::parse("0192f0c1-7a5b-7c3d-8e9f-1234567" + std::to_string(10000 + number));
}

TEST(LatencyHistogramTest, KnowsEachTimeToOnePartIn128) {
    for (const std::int64_t ns : {1'000L, 4'095L, 4'096L, 123'456L, 7'654'321L, 59'000'000'000L}) {
        LatencyHistogram times;
        times.add(std::chrono::nanoseconds(ns));
        times.add(std::chrono::hours(1));
        const auto ms = static_cast<double>(ns) / 1e6;
        EXPECT_GE(times.at(0.5), ms) << ns;
        EXPECT_THAT(times.at(0.5), DoubleNear(ms, ms / 128 + 0.000016)) << ns;
        EXPECT_EQ(times.percentiles().max, 3'600'000.0);
    }
}

TEST(LatencyHistogramTest, AnswersByTheNearestRank) {
    LatencyHistogram times;
    EXPECT_EQ(times.percentiles().p99, 0) << "of none";
    for (int ms = 1; ms <= 100; ++ms) {
        times.add(std::chrono::milliseconds(ms));
    }
    LatencyHistogram slow;
    slow.add(5s);
    times.add(slow);
    EXPECT_EQ(times.count(), 101U);
    EXPECT_THAT(times.at(0.5), DoubleNear(51, 0.5));
    EXPECT_THAT(times.at(0.99), DoubleNear(100, 1));
    EXPECT_EQ(times.at(1), 5000.0);
}

TEST(TaskClockTest, TakesTheTimesOfATaskInWhateverOrderTheyAreReported) {
    const auto clock = std::make_unique<TaskClock>();
    const auto begun = Clock::now();
    clock->started(task(1), 1, begun + 2ms);
    clock->settled(task(1), 1, begun + 3ms);
    clock->started(task(1), 2, begun + 4ms);
    clock->settled(task(1), 2, begun + 9ms);
    clock->finished(task(1), true, begun + 10ms);
    EXPECT_EQ(clock->ended(), 0) << "whose submission nobody has heard of yet";
    clock->submitted(task(1), begun);
    EXPECT_EQ(clock->ended(), 1);
    clock->submitted(task(2), begun);
    clock->finished(task(2), false, begun + 20ms);

    const auto times = clock->take();
    EXPECT_EQ(times.ended, 2);
    EXPECT_EQ(times.failed, 1);
    EXPECT_EQ(times.settle.count(), 2U);
    EXPECT_THAT(times.start.at(0.5), DoubleNear(2, 0.02));
    EXPECT_THAT(times.settle.at(0.5), DoubleNear(1, 0.01));
    EXPECT_THAT(times.settle.at(1), DoubleNear(5, 0.05));
    EXPECT_THAT(times.complete.at(0.5), DoubleNear(10, 0.1));
    EXPECT_EQ(clock->take().ended, 0) << "taken once";
}

TEST(TaskClockTest, WakesTheWaiterWithTheLastTaskThatItWaitsFor) {
    const auto clock = std::make_unique<TaskClock>();
    EXPECT_FALSE(clock->wait(1, Clock::now() + 1ms));
    auto waiter =
        std::async(std::launch::async, [&] { return clock->wait(2, Clock::now() + 30s); });
    for (const int number : {1, 2}) {
        clock->submitted(task(number), Clock::now());
        clock->finished(task(number), true, Clock::now());
    }
    EXPECT_TRUE(waiter.get());
}

TEST(PaceTest, AnOpenLoopGivesEachTaskItsMomentHoweverLateItIsTaken) {
    const auto clock = std::make_unique<TaskClock>();
    Pace pace({.tasks = 3, .duration = {}, .rate = 1000}, *clock);
    const auto first = pace.next(1).at(0);
    std::this_thread::sleep_until(first + 5ms);
    EXPECT_THAT(pace.next(10), ElementsAre(first + 1ms, first + 2ms)) << "both are overdue";
    EXPECT_THAT(pace.next(10), IsEmpty());
    EXPECT_EQ(pace.given(), 3);
}

TEST(PaceTest, AClosedLoopWaitsUntilEnoughHaveEnded) {
    const auto clock = std::make_unique<TaskClock>();
    Pace pace(
        {.tasks = 3, .duration = {}, .in_flight = 1, .limit = std::chrono::seconds(30)}, *clock
    );
    EXPECT_THAT(pace.next(10), SizeIs(1));
    clock->submitted(task(1), Clock::now());
    auto second = std::async(std::launch::async, [&] { return pace.next(10); });
    EXPECT_EQ(second.wait_for(20ms), std::future_status::timeout);
    clock->finished(task(1), true, Clock::now());
    EXPECT_THAT(second.get(), SizeIs(1));
    pace.lost(1);
    EXPECT_THAT(pace.next(10), SizeIs(1)) << "one that was refused is not under way";
    EXPECT_EQ(pace.given(), 2);
}

TEST(PaceTest, ADurationTakesThePlaceOfANumberOfTasks) {
    const auto clock = std::make_unique<TaskClock>();
    Pace pace({.tasks = 1, .duration = 10ms, .rate = 1000}, *clock);
    std::size_t tasks = 0;
    for (auto due = pace.next(4); !due.empty(); due = pace.next(4)) {
        tasks += due.size();
    }
    EXPECT_EQ(tasks, 10U);
}

TEST(PaceTest, GivesUpWhenNothingEnds) {
    const auto clock = std::make_unique<TaskClock>();
    Pace pace({.tasks = 1, .duration = {}, .limit = std::chrono::seconds(0)}, *clock);
    EXPECT_THAT(pace.next(5), SizeIs(1));
    EXPECT_FALSE(pace.await_end());
}

TEST(TaskMixTest, SubmitsTheKindsInTurn) {
    TaskMix mix({{.workload = {}, .steps = 4}, {.workload = {}, .steps = 52}});
    EXPECT_EQ(mix.steps_per_task(), 28);
    std::vector<std::int32_t> counts(2);
    for (const int count : {1, 1, 1, 6, 1000, 1}) {
        for (const auto& share : mix.next(count)) {
            counts[share.kind] += share.count;
        }
    }
    EXPECT_THAT(counts, ElementsAre(505, 505));
}

}  // namespace
}  // namespace tenon::app
