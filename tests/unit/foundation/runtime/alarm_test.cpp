#include "foundation/runtime/alarm.hpp"

#include "foundation/runtime/event_loop.hpp"
#include "support/co_test.hpp"

#include <future>
#include <thread>

namespace tenon {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class AlarmTest : public tenon::testing::CoroutineTest {
protected:
    Alarm alarm{executor()};
};

CO_TEST_F(AlarmTest, GoesOffAtTheEarliestOfItsTimes) {
    const auto begun = Clock::now();
    alarm.set(10s);
    alarm.set(20ms);
    alarm.set(5s);
    co_await alarm.wait();
    EXPECT_GE(Clock::now() - begun, 20ms);
    EXPECT_LT(Clock::now() - begun, 4s);
}

CO_TEST_F(AlarmTest, KeepsWhatIsSetWhileNobodyWaits) {
    alarm.ring();
    alarm.ring();
    co_await alarm.wait();
    // Both were one: the next wait is for the next ring.
    const auto begun = Clock::now();
    alarm.set(30ms);
    co_await alarm.wait();
    EXPECT_GE(Clock::now() - begun, 30ms);
}

TEST(Alarm, IsBroughtForwardByAnotherThread) {
    EventLoop loop("alarm");
    Alarm alarm(loop.executor());
    std::promise<void> awake;
    const auto sleep = [](Alarm& a, std::promise<void>& done) -> asio::awaitable<void> {
        co_await a.wait();
        done.set_value();
    };
    alarm.set(1h);
    loop.spawn("sleeper", sleep(alarm, awake));
    auto woken = awake.get_future();
    EXPECT_EQ(woken.wait_for(30ms), std::future_status::timeout);
    alarm.ring();
    EXPECT_EQ(woken.wait_for(10s), std::future_status::ready);
    loop.stop();
}

TEST(Alarm, LosesNoRingAmongMany) {
    EventLoop loop("alarm");
    Alarm alarm(loop.executor());
    std::atomic<int> rung{0};
    std::atomic<int> seen{0};
    const auto watch = [](Alarm& a, std::atomic<int>& count, std::atomic<int>& last
                       ) -> asio::awaitable<void> {
        while (true) {
            co_await a.wait();
            last = count.load();
        }
    };
    loop.spawn("watcher", watch(alarm, rung, seen));
    std::vector<std::thread> ringers;
    for (int i = 0; i < 4; ++i) {
        ringers.emplace_back([&] {
            for (int n = 0; n < 5000; ++n) {
                ++rung;
                alarm.ring();
            }
        });
    }
    for (auto& ringer : ringers) {
        ringer.join();
    }
    for (int i = 0; i < 2000 && seen != 20000; ++i) {
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(seen, 20000) << "the last ring was not heard";
    loop.stop();
}

TEST(Alarm, ASleeperCanBeCancelled) {
    EventLoop loop("alarm");
    Alarm alarm(loop.executor());
    const auto sleep = [](Alarm& a) -> asio::awaitable<void> { co_await a.wait(); };
    loop.spawn("sleeper", sleep(alarm));
    loop.stop();
    EXPECT_FALSE(loop.spawn("late", sleep(alarm)));
}

}  // namespace
}  // namespace tenon
