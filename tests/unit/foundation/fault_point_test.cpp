#include "foundation/fault_point.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <signal.h>
#include <unistd.h>

namespace tenon {
namespace {

/// In the child of a death test: sets the variable and passes the place so often.
void pass(const char* fault, int passings) {
    ::setenv("TENON_FAULT", fault, 1);
    detail::pass_fault_point("other.place");
    for (int i = 0; i < passings; ++i) {
        detail::pass_fault_point("some.place");
    }
    ::_exit(0);
}

TEST(FaultPointDeathTest, KillsTheProcessAtTheWantedPassing) {
    const auto killed = ::testing::KilledBySignal(SIGKILL);
    EXPECT_EXIT(pass("some.place", 1), killed, "");
    EXPECT_EXIT(pass("some.place:3", 3), killed, "");
}

TEST(FaultPointDeathTest, LetsEverythingElsePass) {
    const auto ended = ::testing::ExitedWithCode(0);
    EXPECT_EXIT(pass("some.place:3", 2), ended, "");
    EXPECT_EXIT(pass("some", 2), ended, "");
    EXPECT_EXIT(pass("third.place", 2), ended, "");
}

TEST(FaultPoint, DoesNothingWithoutTheVariable) {
    ASSERT_FALSE(detail::faults_wanted);
    fault_point("some.place");
}

}  // namespace
}  // namespace tenon
