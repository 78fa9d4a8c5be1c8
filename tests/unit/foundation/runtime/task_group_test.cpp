#include "foundation/runtime/task_group.hpp"

#include "foundation/runtime/channel.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace tenon {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

// Collects failures as "name: what".
class FailureLog {
public:
    TaskGroup::FailureSink sink() {
        return [this](std::string_view name, const std::exception_ptr& failure) {
            const std::lock_guard lock(mutex_);
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& error) {
                entries_.push_back(std::string(name) + ": " + error.what());
            }
        };
    }

    Names entries() const {
        const std::lock_guard lock(mutex_);
        return entries_;
    }

private:
    mutable std::mutex mutex_;
    Names entries_;
};

asio::awaitable<void> wait_for_ever() {
    asio::steady_timer timer(
        co_await asio::this_coro::executor, asio::steady_timer::time_point::max()
    );
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> count_down(std::atomic<int>& count) {
    --count;
    co_return;
}

asio::awaitable<void> fail_with(std::string what) {
    throw std::runtime_error(what);
    co_return;
}

asio::awaitable<void> fail_when_cancelled() {
    try {
        co_await wait_for_ever();
    } catch (const boost::system::system_error&) {
        throw std::runtime_error("cannot let go");
    }
}

// Announces that it runs, then waits for ever.
asio::awaitable<void> announce_and_wait(Channel<bool>& started) {
    co_await started.send(true);
    co_await wait_for_ever();
}

class TaskGroupTest : public ::testing::Test {
protected:
    void run_until_joined(TaskGroup& group) {
        auto joined = asio::co_spawn(context_, group.join(), asio::use_future);
        context_.run();
        joined.get();
    }

    asio::io_context context_;
    FailureLog failures_;
    TaskGroup group_{context_.get_executor(), failures_.sink()};
};

TEST_F(TaskGroupTest, RunsWorkToItsEndAndForgetsIt) {
    std::atomic<int> count = 2;
    EXPECT_TRUE(group_.spawn("first", count_down(count)));
    EXPECT_TRUE(group_.spawn("second", count_down(count)));
    EXPECT_EQ(group_.running(), (Names{"first", "second"}));

    run_until_joined(group_);

    EXPECT_EQ(count, 0);
    EXPECT_EQ(group_.running(), Names{});
    EXPECT_EQ(failures_.entries(), Names{});
}

TEST_F(TaskGroupTest, ReportsAnExceptionWithTheNameOfItsCoroutine) {
    group_.spawn("listener", fail_with("connection lost"));
    run_until_joined(group_);
    EXPECT_EQ(failures_.entries(), Names{"listener: connection lost"});
}

TEST_F(TaskGroupTest, StopCancelsWhatWaitsAndThatIsNoFailure) {
    Channel<bool> started(context_.get_executor(), 1);
    group_.spawn("poller", announce_and_wait(started));
    const auto stop_once_started = [](Channel<bool>& signal,
                                      TaskGroup& group) -> asio::awaitable<void> {
        co_await signal.receive();
        group.stop();
    };
    auto stopped = asio::co_spawn(context_, stop_once_started(started, group_), asio::use_future);

    run_until_joined(group_);

    stopped.get();
    EXPECT_EQ(failures_.entries(), Names{});
}

TEST_F(TaskGroupTest, StopReachesACoroutineThatHasNotStartedYet) {
    group_.spawn("early", wait_for_ever());
    group_.stop();
    run_until_joined(group_);
    EXPECT_EQ(failures_.entries(), Names{});
}

TEST_F(TaskGroupTest, AFailureDuringStopIsStillReported) {
    group_.spawn("stubborn", fail_when_cancelled());
    group_.stop();
    run_until_joined(group_);
    EXPECT_EQ(failures_.entries(), Names{"stubborn: cannot let go"});
}

TEST_F(TaskGroupTest, AnAbortThatNobodyAskedForIsAFailure) {
    const auto aborted = []() -> asio::awaitable<void> {
        throw boost::system::system_error(asio::error::operation_aborted);
        co_return;
    };
    group_.spawn("socket", aborted());
    run_until_joined(group_);
    ASSERT_EQ(failures_.entries().size(), 1U);
    EXPECT_TRUE(failures_.entries().front().starts_with("socket: "));
}

TEST_F(TaskGroupTest, AcceptsNothingAfterStop) {
    std::atomic<int> count = 1;
    group_.stop();
    group_.stop();
    EXPECT_FALSE(group_.spawn("late", count_down(count)));
    run_until_joined(group_);
    EXPECT_EQ(count, 1);
}

TEST(TaskGroup, EndsItsCoroutinesWhenItIsDestroyed) {
    asio::io_context context;
    FailureLog failures;
    {
        TaskGroup group(context.get_executor(), failures.sink());
        group.spawn("orphan", wait_for_ever());
    }
    context.run();  // Returns only when nothing waits any more.
    EXPECT_EQ(failures.entries(), Names{});
}

TEST(TaskGroup, StopsHundredsOfCoroutinesOnSeveralThreadsWhileMoreArrive) {
    for (int round = 0; round < 20; ++round) {
        asio::thread_pool pool(4);
        FailureLog failures;
        TaskGroup group(pool.get_executor(), failures.sink());
        asio::post(pool, [&group] {
            while (group.spawn("arrival", wait_for_ever())) {
            }
        });
        for (int i = 0; i < 200; ++i) {
            group.spawn("waiter", wait_for_ever());
        }
        group.stop();
        auto joined = asio::co_spawn(pool, group.join(), asio::use_future);
        ASSERT_EQ(joined.wait_for(30s), std::future_status::ready);
        joined.get();
        pool.join();
        EXPECT_EQ(group.running(), Names{});
        EXPECT_EQ(failures.entries(), Names{});
    }
}

}  // namespace
}  // namespace tenon
