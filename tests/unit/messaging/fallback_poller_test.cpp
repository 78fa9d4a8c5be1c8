#include "messaging/fallback_poller.hpp"

#include "foundation/error.hpp"
#include "foundation/runtime/event_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tenon::messaging {
namespace {

using namespace std::chrono_literals;

TEST(PollingPace, IsThatOfTheMode) {
    EXPECT_EQ(pace_of(DeploymentMode::polling_only, false), (PollingPace{10ms, 50ms}));
    EXPECT_EQ(pace_of(DeploymentMode::hybrid, true), (PollingPace{10ms, 10s}));
    EXPECT_EQ(pace_of(DeploymentMode::event_driven_only, true), (PollingPace{30s, 30s}));
}

TEST(PollingPace, IsThatOfAPollerWhenNoBellIsHeard) {
    EXPECT_EQ(pace_of(DeploymentMode::hybrid, false), (PollingPace{10ms, 50ms}));
    EXPECT_EQ(pace_of(DeploymentMode::hybrid, false, 5s), (PollingPace{10ms, 50ms}));
    EXPECT_EQ(pace_of(DeploymentMode::event_driven_only, false), (PollingPace{10ms, 50ms}));
}

TEST(PollingPace, TakesAConfiguredInterval) {
    EXPECT_EQ(pace_of(DeploymentMode::polling_only, false, 3s), (PollingPace{10ms, 3s}));
    EXPECT_EQ(pace_of(DeploymentMode::hybrid, true, 5ms), (PollingPace{5ms, 5ms}));
    EXPECT_EQ(pace_of(DeploymentMode::hybrid, true, 0ms), (PollingPace{1ms, 1ms}));
    EXPECT_EQ(pace_of(DeploymentMode::event_driven_only, true, 1s), (PollingPace{30s, 30s}));
}

class FallbackPollerTest : public ::testing::Test {
protected:
    ~FallbackPollerTest() override { loop.stop(); }

    asio::awaitable<bool> look() {
        ++looks;
        if (fails) {
            throw Exception({ErrorCode::unavailable, "no database"});
        }
        co_return finds.load();
    }

    void start(PollingPace pace) {
        poller.emplace(loop.executor(), pace, [this] { return look(); });
        loop.spawn("poller", poller->run());
    }

    void await_looks(int count) const {
        for (int i = 0; i < 10'000 && looks < count; ++i) {
            std::this_thread::sleep_for(1ms);
        }
        EXPECT_GE(looks, count);
    }

    std::chrono::milliseconds interval() { return poller->statistics().interval; }

    EventLoop loop{"poller"};
    std::atomic<int> looks{0};
    std::atomic<bool> finds{false};
    std::atomic<bool> fails{false};
    std::optional<FallbackPoller> poller;
};

TEST_F(FallbackPollerTest, LooksAtOnceAndThenWaits) {
    start({.shortest = 1h, .longest = 1h});
    await_looks(1);
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(looks, 1);
    poller->look_now();
    await_looks(2);
}

TEST_F(FallbackPollerTest, LooksOftenWhileItFindsSomethingAndSeldomWhenNot) {
    finds = true;
    start({.shortest = 1ms, .longest = 64ms});
    await_looks(20);
    EXPECT_EQ(interval(), 1ms);
    EXPECT_GE(poller->statistics().found, 19U);
    finds = false;
    await_looks(looks + 9);
    EXPECT_EQ(interval(), 64ms) << "doubled from look to look, up to the longest";
    finds = true;
    await_looks(looks + 2);
    EXPECT_EQ(interval(), 1ms);
}

TEST_F(FallbackPollerTest, TakesANewPaceAtOnce) {
    start({.shortest = 1h, .longest = 1h});
    await_looks(1);
    poller->set_pace({.shortest = 1ms, .longest = 2ms});
    await_looks(10);
    EXPECT_LE(interval(), 2ms);
}

TEST_F(FallbackPollerTest, GoesOnLookingWhenALookFails) {
    fails = true;
    start({.shortest = 1ms, .longest = 2ms});
    await_looks(5);
    fails = false;
    await_looks(looks + 3);
    const auto statistics = poller->statistics();
    EXPECT_GE(statistics.failed, 5U);
    EXPECT_GE(statistics.looks, 7U);
}

}  // namespace
}  // namespace tenon::messaging
