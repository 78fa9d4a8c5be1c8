#include "app/supervision/restart_policy.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::app {
namespace {

using namespace std::chrono_literals;
using Delays = std::vector<std::chrono::milliseconds>;

TEST(RestartPolicy, WaitsLongerAndLongerUpToACap) {
    RestartPolicy policy(9, 30s);
    Delays delays;
    while (const auto delay = policy.crashed(1s)) {
        delays.push_back(*delay);
    }
    EXPECT_EQ(delays, (Delays{0ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}));
    EXPECT_EQ(policy.in_a_row(), 10);
}

TEST(RestartPolicy, BeginsANewRowAfterAHealthyLife) {
    RestartPolicy policy(2, 30s);
    EXPECT_EQ(policy.crashed(29'999ms), 0ms);
    EXPECT_EQ(policy.crashed(29'999ms), 100ms);
    EXPECT_EQ(policy.crashed(30s), 0ms);
    EXPECT_EQ(policy.in_a_row(), 1);
    EXPECT_EQ(policy.crashed(1ms), 100ms);
    EXPECT_EQ(policy.crashed(1ms), std::nullopt);
}

TEST(RestartPolicy, MayForbidEveryRestart) {
    EXPECT_EQ(RestartPolicy(0, 30s).crashed(1h), std::nullopt);
}

}  // namespace
}  // namespace tenon::app
