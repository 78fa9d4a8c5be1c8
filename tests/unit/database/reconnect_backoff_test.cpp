#include "database/reconnect_backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tenon::database {
namespace {

TEST(ReconnectBackoff, DoublesUpToItsLimitAndLeavesUpToAHalfToChance) {
    for (int fleet = 0; fleet < 20; ++fleet) {
        ReconnectBackoff backoff;
        auto full = ReconnectBackoff::first_pause;
        for (int attempt = 0; attempt < 10; ++attempt) {
            const auto pause = backoff.next();
            EXPECT_GE(pause, full / 2) << attempt;
            EXPECT_LE(pause, full) << attempt;
            full = std::min(full * 2, ReconnectBackoff::longest_pause);
        }
        EXPECT_EQ(full, ReconnectBackoff::longest_pause);
        backoff.reset();
        EXPECT_LE(backoff.next(), ReconnectBackoff::first_pause);
    }
}

TEST(ReconnectBackoff, ManyHostsDoNotComeBackInStep) {
    std::set<std::chrono::milliseconds> pauses;
    for (int host = 0; host < 50; ++host) {
        ReconnectBackoff backoff;
        for (int attempt = 0; attempt < 6; ++attempt) {
            backoff.next();
        }
        pauses.insert(backoff.next());
    }
    EXPECT_GT(pauses.size(), 10U);
}

}  // namespace
}  // namespace tenon::database
