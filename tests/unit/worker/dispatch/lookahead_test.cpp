#include "worker/dispatch/lookahead.hpp"

#include <gtest/gtest.h>

namespace tenon::worker {
namespace {

using namespace std::chrono_literals;

class LookaheadTest : public ::testing::Test {
protected:
    static constexpr auto quick = 5us;
    static constexpr auto slow = 1001us;

    Lookahead ahead{1000};
    Lookahead::Clock::time_point now{10s};

    /// `count` handlers end within one window, which then is over.
    void window_with(int count, std::chrono::microseconds execution) {
        for (int i = 0; i < count; ++i) {
            ahead.ended(execution, now);
        }
        now += Lookahead::window;
    }
};

TEST_F(LookaheadTest, ClaimsNothingBeforeAnythingEnded) {
    EXPECT_EQ(ahead.steps(now), 0);
}

TEST_F(LookaheadTest, ClaimsWhatTwoWindowsFinish) {
    window_with(150, quick);
    EXPECT_EQ(ahead.steps(now), 300);
    window_with(200, quick);
    EXPECT_EQ(ahead.steps(now), 400);
}

TEST_F(LookaheadTest, NeverMoreThanItMay) {
    window_with(5000, quick);
    EXPECT_EQ(ahead.steps(now), 1000);
}

TEST_F(LookaheadTest, SlowHandlersCountForNothing) {
    window_with(150, slow);
    EXPECT_EQ(ahead.steps(now), 0);
}

TEST_F(LookaheadTest, FadesWhenLessEndsAndForgetsWhenNothingDoes) {
    window_with(80, quick);
    window_with(1, quick);
    EXPECT_EQ(ahead.steps(now), 160) << "one poor window says little";
    for (int i = 0; i < 40; ++i) {
        window_with(1, quick);
    }
    EXPECT_LE(ahead.steps(now), 16);
    now += Lookahead::memory * Lookahead::window;
    EXPECT_EQ(ahead.steps(now), 0);
}

TEST_F(LookaheadTest, APauseIsAWindowInWhichNothingEnded) {
    window_with(100, quick);
    now += Lookahead::memory * Lookahead::window;
    window_with(1, quick);
    EXPECT_EQ(ahead.steps(now), 2);
}

TEST_F(LookaheadTest, MayBeForbidden) {
    Lookahead none(0);
    none.ended(quick, now);
    EXPECT_EQ(none.steps(now), 0);
}

}  // namespace
}  // namespace tenon::worker
