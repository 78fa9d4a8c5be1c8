#include "foundation/runtime/blocking_pool.hpp"

#include "foundation/runtime/event_loop.hpp"
#include "support/co_test.hpp"

#include <future>
#include <stdexcept>
#include <thread>

namespace tenon {
namespace {

using namespace std::chrono_literals;

class BlockingPoolTest : public tenon::testing::CoroutineTest {
protected:
    BlockingPool pool{2};
};

CO_TEST_F(BlockingPoolTest, RunsOnAThreadOfItsOwnAndReturnsTheValue) {
    const auto here = std::this_thread::get_id();
    const auto there = [] { return std::this_thread::get_id(); };
    EXPECT_NE(co_await pool.run(there), here);
    EXPECT_EQ(std::this_thread::get_id(), here);
}

CO_TEST_F(BlockingPoolTest, GivesTheCallerWhatTheWorkThrows) {
    const auto work = []() -> int { throw std::runtime_error("no"); };
    std::string reason;
    try {
        co_await pool.run(work);
    } catch (const std::runtime_error& error) {
        reason = error.what();
    }
    EXPECT_EQ(reason, "no");
}

/// What begun work is told of a caller that is cancelled: nothing.
asio::awaitable<void> call(BlockingPool& pool, std::atomic<int>& ended, std::promise<void>& begun) {
    const auto work = [&] {
        begun.set_value();
        std::this_thread::sleep_for(30ms);
        ++ended;
    };
    co_await pool.run(work);
}

TEST(BlockingPool, LetsWorkEndWhoseCallerIsCancelled) {
    BlockingPool pool(1);
    std::atomic<int> ended{0};
    for (int i = 1; i <= 20; ++i) {
        EventLoop loop("caller");
        std::promise<void> begun;
        loop.spawn("call", call(pool, ended, begun));
        begun.get_future().wait();
        loop.stop();
        EXPECT_EQ(ended, i) << "the loop stopped before the work that it waits for";
    }
    pool.stop();
}

TEST(BlockingPool, ACallerThatIsCancelledAtAnyMomentHarmsNobody) {
    BlockingPool pool(2);
    std::atomic<int> ended{0};
    const auto many = [](BlockingPool& p, std::atomic<int>& count) -> asio::awaitable<void> {
        while (true) {
            const auto work = [&count] { ++count; };
            co_await p.run(work);
        }
    };
    for (int i = 0; i < 100; ++i) {
        EventLoop loop("caller");
        for (int n = 0; n < 4; ++n) {
            loop.spawn("call", many(pool, ended));
        }
        std::this_thread::sleep_for(std::chrono::microseconds(50 * (i % 7)));
        loop.stop();
    }
    EXPECT_GT(ended, 0);
    pool.stop();
}

}  // namespace
}  // namespace tenon
