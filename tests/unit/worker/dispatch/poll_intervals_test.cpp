#include "worker/dispatch/poll_intervals.hpp"

#include <gtest/gtest.h>

namespace tenon::worker {
namespace {

using namespace std::chrono_literals;

TEST(PollIntervals, AreThoseOfTheMode) {
    EXPECT_EQ(poll_intervals(DeploymentMode::polling_only), (PollIntervals{25ms, 500ms}));
    EXPECT_EQ(poll_intervals(DeploymentMode::hybrid), (PollIntervals{1s, 10s}));
    EXPECT_EQ(poll_intervals(DeploymentMode::event_driven_only), (PollIntervals{30s, 30s}));
}

TEST(PollIntervals, FollowAWish) {
    EXPECT_EQ(poll_intervals(DeploymentMode::polling_only, 20ms), (PollIntervals{20ms, 400ms}));
    EXPECT_EQ(poll_intervals(DeploymentMode::hybrid, 20ms), (PollIntervals{20ms, 20ms}));
}

TEST(PollIntervals, GrowWithTheQuietBetweenTheirBounds) {
    const auto intervals = poll_intervals(DeploymentMode::polling_only);
    EXPECT_EQ(intervals.after(0ms), 25ms);
    EXPECT_EQ(intervals.after(100ms), 25ms);
    EXPECT_EQ(intervals.after(1s), 250ms);
    EXPECT_EQ(intervals.after(2s), 500ms);
    EXPECT_EQ(intervals.after(1h), 500ms);
}

}  // namespace
}  // namespace tenon::worker
