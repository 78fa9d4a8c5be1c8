#pragma once

#include "database/reconnect_backoff.hpp"
#include "foundation/runtime/alarm.hpp"
#include "orchestration/commands/command_processor.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace tenon::orchestration {

/// Asks for steps to be enqueued when their time has come: sleeps until the next is due, or until
/// somebody says that an earlier one was scheduled. Several hosts may run it at once. [any-thread]
class RetryTimer {
public:
    /// `commands` must outlive the timer.
    RetryTimer(const asio::any_io_executor& executor, CommandProcessor& commands);

    /// Looks at once, then whenever it is time, until it is cancelled.
    asio::awaitable<void> run();

    /// A step falls due after `delay`.
    void scheduled(std::chrono::milliseconds delay) { alarm_.set(delay); }

    std::uint64_t released() const noexcept { return released_; }

private:
    asio::awaitable<std::chrono::milliseconds> release();

    CommandProcessor& commands_;
    Alarm alarm_;
    database::ReconnectBackoff backoff_;
    std::atomic<std::uint64_t> released_{0};
};

}  // namespace tenon::orchestration
