#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <mutex>

namespace tenon {

namespace asio = boost::asio;

/// Wakes one coroutine at the earliest of the times that others set. What is set while nobody waits
/// is kept, so no wake-up is lost; several of them coalesce. [any-thread], but one waiter.
class Alarm {
public:
    explicit Alarm(const asio::any_io_executor& executor);
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    /// Goes off after `delay`, unless it is set to go off before.
    void set(std::chrono::milliseconds delay);

    /// Goes off now.
    void ring() { set(std::chrono::milliseconds(0)); }

    /// Resumes when it goes off, and forgets all later times.
    asio::awaitable<void> wait();

private:
    using Clock = std::chrono::steady_clock;

    bool take_if_due();

    std::mutex mutex_;  // A timer may be set on one thread only at a time.
    asio::steady_timer timer_;
    Clock::time_point next_;
};

}  // namespace tenon
