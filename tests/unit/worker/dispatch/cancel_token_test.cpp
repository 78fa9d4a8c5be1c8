#include "worker/dispatch/cancel_token.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <latch>
#include <poll.h>
#include <thread>

namespace tenon::worker {
namespace {

bool readable(int descriptor) {
    pollfd polled{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&polled, 1, 0) == 1 && (polled.revents & POLLIN) != 0;
}

TEST(CancelToken, IsNotCancelledAtFirst) {
    CancelToken token;
    EXPECT_FALSE(token.cancelled());
    EXPECT_EQ(token.reason(), CancelReason::none);
    EXPECT_FALSE(readable(token.descriptor()));
}

TEST(CancelToken, KeepsTheFirstReason) {
    CancelToken token;
    EXPECT_TRUE(token.cancel(CancelReason::task));
    EXPECT_FALSE(token.cancel(CancelReason::shutdown));
    EXPECT_EQ(token.reason(), CancelReason::task);
}

TEST(CancelToken, WakesWhoWaitsForItsDescriptor) {
    CancelToken token;
    const int descriptor = token.descriptor();
    ASSERT_GE(descriptor, 0);
    EXPECT_EQ(token.descriptor(), descriptor) << "one for each call";
    std::thread canceller([&] { token.cancel(CancelReason::deadline); });
    pollfd polled{.fd = descriptor, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&polled, 1, 20'000), 1);
    canceller.join();
    EXPECT_TRUE(readable(descriptor)) << "it stays readable";
}

TEST(CancelToken, GivesAReadableDescriptorToWhoAsksTooLate) {
    CancelToken token;
    token.cancel(CancelReason::shutdown);
    EXPECT_TRUE(readable(token.descriptor()));
}

TEST(CancelToken, ClosesItsDescriptor) {
    int descriptor = -1;
    {
        CancelToken token;
        descriptor = token.descriptor();
        EXPECT_NE(::fcntl(descriptor, F_GETFD), -1);
    }
    EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);
}

// The two orders of "cancel" and "ask for the descriptor", raced: whichever comes first, the
// handler is woken.
TEST(CancelToken, LosesNoCancellationToARace) {
    for (int round = 0; round < 2000; ++round) {
        CancelToken token;
        std::latch start(2);
        std::thread canceller([&] {
            start.arrive_and_wait();
            token.cancel(CancelReason::task);
        });
        start.arrive_and_wait();
        const int descriptor = token.descriptor();
        canceller.join();
        ASSERT_TRUE(readable(descriptor)) << "round " << round;
    }
}

}  // namespace
}  // namespace tenon::worker
