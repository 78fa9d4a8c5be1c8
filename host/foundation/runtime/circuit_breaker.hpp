#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What a circuit breaker thinks of the thing behind it.
enum class CircuitState : std::uint8_t {
    closed,     ///< It works: every call goes through.
    half_open,  ///< It may work again: a few calls try.
    open,       ///< It does not: callers should wait.
};

std::string_view to_string(CircuitState state) noexcept;

/// Sees from the outcomes of calls whether something outside the process works. [any-thread]
///
/// Closed until `failures_to_open` calls failed in a row; then open for `open_time`, in which
/// `try_acquire` refuses; then half open, where up to `half_open_calls` at a time are let through,
/// until `successes_to_close` succeeded in a row or one failed. Callers that have their own pauses
/// between tries may tell it of outcomes without asking: a success counts whatever its state,
/// because there is no better proof.
class CircuitBreaker {
public:
    using Clock = std::chrono::steady_clock;

    struct Options {
        int failures_to_open = 3;
        std::chrono::milliseconds open_time{500};
        int successes_to_close = 1;
        int half_open_calls = 4;
        std::function<Clock::time_point()> now = &Clock::now;  ///< For tests.
    };

    /// One breaker at one moment.
    struct Status {
        std::string name;
        CircuitState state = CircuitState::closed;
        int failures = 0;                   ///< In a row, up to now.
        std::uint64_t failed = 0;           ///< Calls, since the start.
        std::uint64_t opened = 0;           ///< How often it opened.
        std::uint64_t refused = 0;          ///< Calls that were not let through.
        std::chrono::milliseconds since{};  ///< How long it has been closed, or not closed.
        // For callers who leave it out among designated initializers.
        // NOLINTNEXTLINE(readability-redundant-member-init)
        std::string last_error{};
    };

    explicit CircuitBreaker(std::string name) : CircuitBreaker(std::move(name), Options{}) {}

    CircuitBreaker(std::string name, Options options);

    const std::string& name() const noexcept { return name_; }

    /// Whether a call may go through now. Whoever gets true reports its outcome.
    bool try_acquire();

    void succeeded();
    void failed(std::string_view error);

    Status status() const;

private:
    void enter(CircuitState state);
    CircuitState current() const;

    const std::string name_;
    const Options options_;

    mutable std::mutex mutex_;  // Guards a few counters; nothing is called under it but the clock.
    CircuitState state_ = CircuitState::closed;
    Clock::time_point entered_;  ///< This state.
    Clock::time_point since_;
    int failures_ = 0;
    int successes_ = 0;
    int probes_ = 0;  ///< Under way, half open.
    std::uint64_t failed_ = 0;
    std::uint64_t opened_ = 0;
    std::uint64_t refused_ = 0;
    std::string last_error_;
};

}  // namespace tenon
