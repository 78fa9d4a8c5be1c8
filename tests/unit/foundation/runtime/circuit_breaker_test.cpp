#include "foundation/runtime/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

using namespace std::chrono_literals;

class CircuitBreakerTest : public ::testing::Test {
protected:
    CircuitState state() const { return breaker_.status().state; }

    void fail(int times) {
        for (int i = 0; i < times; ++i) {
            breaker_.failed("connection refused");
        }
    }

    CircuitBreaker::Clock::time_point now_{};
    CircuitBreaker breaker_{
        "door",
        {.failures_to_open = 3,
         .open_time = 500ms,
         .successes_to_close = 2,
         .half_open_calls = 2,
         .now = [this] { return now_; }}
    };
};

TEST_F(CircuitBreakerTest, OpensAfterAsManyFailuresInARow) {
    fail(2);
    breaker_.succeeded();
    fail(2);
    EXPECT_EQ(state(), CircuitState::closed);
    EXPECT_TRUE(breaker_.try_acquire());
    fail(1);
    EXPECT_EQ(state(), CircuitState::open);
    EXPECT_FALSE(breaker_.try_acquire());
    const auto status = breaker_.status();
    EXPECT_EQ(status.name, "door");
    EXPECT_EQ(status.failures, 3);
    EXPECT_EQ(status.failed, 5U);
    EXPECT_EQ(status.opened, 1U);
    EXPECT_EQ(status.refused, 1U);
    EXPECT_EQ(status.last_error, "connection refused");
}

TEST_F(CircuitBreakerTest, LetsAFewCallsTryWhenItsTimeIsOver) {
    fail(3);
    now_ += 499ms;
    EXPECT_FALSE(breaker_.try_acquire());
    now_ += 1ms;
    EXPECT_EQ(state(), CircuitState::half_open) << "for whoever looks, too";
    EXPECT_TRUE(breaker_.try_acquire());
    EXPECT_TRUE(breaker_.try_acquire());
    EXPECT_FALSE(breaker_.try_acquire()) << "two are under way";
    breaker_.succeeded();
    EXPECT_EQ(state(), CircuitState::half_open);
    EXPECT_TRUE(breaker_.try_acquire()) << "one of them came back";
    breaker_.succeeded();
    EXPECT_EQ(state(), CircuitState::closed);
    EXPECT_EQ(breaker_.status().failures, 0);
}

TEST_F(CircuitBreakerTest, OpensAnewWhenATryFails) {
    fail(3);
    now_ += 500ms;
    EXPECT_TRUE(breaker_.try_acquire());
    fail(1);
    EXPECT_EQ(state(), CircuitState::open);
    EXPECT_FALSE(breaker_.try_acquire());
    EXPECT_EQ(breaker_.status().opened, 1U) << "it never closed meanwhile";
    EXPECT_EQ(breaker_.status().since, 500ms);
    now_ += 500ms;
    EXPECT_TRUE(breaker_.try_acquire());
}

TEST_F(CircuitBreakerTest, ASuccessCountsEvenWhereNobodyAsked) {
    fail(3);
    breaker_.succeeded();
    EXPECT_EQ(state(), CircuitState::half_open);
    breaker_.succeeded();
    EXPECT_EQ(state(), CircuitState::closed);
    now_ += 70ms;
    EXPECT_EQ(breaker_.status().since, 70ms);
}

TEST_F(CircuitBreakerTest, FailuresWhileItIsOpenChangeNothing) {
    fail(3);
    now_ += 400ms;
    fail(5);
    now_ += 100ms;
    EXPECT_EQ(state(), CircuitState::half_open);
}

}  // namespace
}  // namespace tenon
