#include "worker/dispatch/handler_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <set>
#include <thread>

namespace tenon::worker {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

std::vector<ClaimedStep> steps(StepNo count) {
    std::vector<ClaimedStep> made(count);
    for (StepNo i = 0; i < count; ++i) {
        made[i].step_no = static_cast<StepNo>(i + 1);
    }
    return made;
}

auto soon() {
    return std::chrono::steady_clock::now() + 20s;
}

TEST(HandlerPoolTest, RunsEveryStepOnce) {
    std::mutex mutex;
    std::multiset<StepNo> ran;
    HandlerPool pool({.core_threads = 2, .max_threads = 4}, [&](const ClaimedStep& step) {
        const std::scoped_lock lock(mutex);
        ran.insert(step.step_no);
    });
    pool.push({});
    for (int i = 0; i < 10; ++i) {
        pool.push(steps(100));
    }
    ASSERT_TRUE(pool.wait_idle(soon()));
    const std::scoped_lock lock(mutex);
    EXPECT_EQ(ran.size(), 1000U);
    EXPECT_EQ(ran.count(37), 10U);
}

TEST(HandlerPoolTest, QuickStepsStayOnTheCoreThreads) {
    std::atomic<int> ran = 0;
    HandlerPool pool({.core_threads = 2, .max_threads = 64, .patience = 10s}, [&](const auto&) {
        ++ran;
    });
    pool.push(steps(5000));
    ASSERT_TRUE(pool.wait_idle(soon()));
    EXPECT_EQ(ran, 5000);
    EXPECT_EQ(pool.thread_count(), 2U);
}

TEST(HandlerPoolTest, StepsThatBlockGetAThreadEach) {
    constexpr StepNo count = 16;
    std::latch all_begun(count);
    HandlerPool pool(
        {.core_threads = 2, .max_threads = count, .patience = 100us},
        [&](const auto&) { all_begun.arrive_and_wait(); }
    );
    pool.push(steps(count));
    ASSERT_TRUE(pool.wait_idle(soon())) << "only " << pool.thread_count() << " threads came";
    EXPECT_EQ(pool.thread_count(), count);
}

TEST(HandlerPoolTest, AQuickStepBehindBlockedOnesRunsAfterItsPatience) {
    std::latch release(1);
    std::latch quick(1);
    HandlerPool pool(
        {.core_threads = 2, .max_threads = 3, .patience = 100us},
        [&](const auto& step) {
            if (step.step_no == 3) {
                quick.count_down();
            } else {
                release.wait();
            }
        }
    );
    pool.push(steps(3));
    quick.wait();
    release.count_down();
    EXPECT_TRUE(pool.wait_idle(soon()));
}

TEST(HandlerPoolTest, NeverHasMoreThreadsThanItsLimit) {
    std::atomic<std::size_t> at_once = 0;
    std::atomic<std::size_t> most = 0;
    HandlerPool pool({.core_threads = 8, .max_threads = 3, .patience = 0us}, [&](const auto&) {
        const auto now = ++at_once;
        auto seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::yield();
        --at_once;
    });
    pool.push(steps(2000));
    ASSERT_TRUE(pool.wait_idle(soon()));
    EXPECT_LE(most, 3U);
    EXPECT_EQ(pool.thread_count(), 3U);
}

TEST(HandlerPoolTest, TakesBackWhatHasNotBegunInItsOrder) {
    std::latch begun(1);
    std::latch release(1);
    HandlerPool pool({.core_threads = 1, .max_threads = 1}, [&](const auto&) {
        begun.count_down();
        release.wait();
    });
    pool.push(steps(4));
    begun.wait();
    std::vector<StepNo> returned;
    for (const auto& step : pool.take_unstarted()) {
        returned.push_back(step.step_no);
    }
    EXPECT_THAT(returned, ElementsAre(2, 3, 4));
    EXPECT_TRUE(pool.take_unstarted().empty());
    EXPECT_FALSE(pool.wait_idle(std::chrono::steady_clock::now()));
    release.count_down();
    EXPECT_TRUE(pool.wait_idle(soon()));
}

TEST(HandlerPoolTest, TakesBackTheStepsOfOneTaskOnly) {
    std::latch begun(1);
    std::latch release(1);
    HandlerPool pool({.core_threads = 1, .max_threads = 1}, [&](const auto& step) {
        if (step.step_no == 1) {
            begun.count_down();
            release.wait();
        }
    });
    const auto task = TaskId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8a0000");
    auto mixed = steps(5);
    mixed[2].task = mixed[4].task = task;
    pool.push(std::move(mixed));
    begun.wait();
    std::vector<StepNo> returned;
    for (const auto& step : pool.take_unstarted(task)) {
        returned.push_back(step.step_no);
    }
    EXPECT_THAT(returned, ElementsAre(3, 5));
    EXPECT_EQ(pool.take_unstarted().size(), 2U);
    release.count_down();
    EXPECT_TRUE(pool.wait_idle(soon()));
}

TEST(HandlerPoolTest, QuickStepsWakeNoMoreThanTheCoreThreads) {
    constexpr StepNo many = 8;
    std::latch all_begun(many);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    HandlerPool pool(
        {.core_threads = 2, .max_threads = many, .patience = 50ms},
        [&](const auto& step) {
            if (step.attempt == 1) {
                all_begun.arrive_and_wait();
            }
            const std::scoped_lock lock(mutex);
            threads.insert(std::this_thread::get_id());
        }
    );
    auto blocking = steps(many);
    for (auto& step : blocking) {
        step.attempt = 1;
    }
    pool.push(std::move(blocking));
    ASSERT_TRUE(pool.wait_idle(soon()));
    ASSERT_EQ(threads.size(), many);
    pool.push(steps(1000));
    ASSERT_TRUE(pool.wait_idle(soon())) << "until it is known that steps are quick";
    threads.clear();
    pool.push(steps(1000));
    ASSERT_TRUE(pool.wait_idle(soon()));
    const std::scoped_lock lock(mutex);
    EXPECT_LE(threads.size(), 2U);
}

TEST(HandlerPoolTest, HandsBackWhatFindsEveryThreadTakenForAWhile) {
    std::latch release(1);
    std::promise<std::vector<StepNo>> handed_back;
    HandlerPool pool(
        {.core_threads = 1, .max_threads = 2, .patience = 1ms, .hand_back_after = 30ms},
        [&](const auto&) { release.wait(); },
        [&](const std::vector<ClaimedStep>& unstarted) {
            std::vector<StepNo> numbers;
            for (const auto& step : unstarted) {
                numbers.push_back(step.step_no);
            }
            handed_back.set_value(numbers);
        }
    );
    pool.push(steps(4));
    auto numbers = handed_back.get_future();
    const auto found = numbers.wait_for(20s);
    release.count_down();
    ASSERT_EQ(found, std::future_status::ready);
    EXPECT_THAT(numbers.get(), ElementsAre(3, 4));
    EXPECT_TRUE(pool.wait_idle(soon()));
}

TEST(HandlerPoolTest, StopsTwiceAndEndsItsThreads) {
    std::atomic<int> ran = 0;
    HandlerPool pool({.core_threads = 2, .max_threads = 4}, [&](const auto&) { ++ran; });
    pool.push(steps(10));
    ASSERT_TRUE(pool.wait_idle(soon()));
    pool.stop();
    pool.stop();
    EXPECT_EQ(ran, 10);
    EXPECT_EQ(pool.thread_count(), 0U);
}

}  // namespace
}  // namespace tenon::worker
