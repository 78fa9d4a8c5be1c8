#pragma once

#include "database/reconnect_backoff.hpp"
#include "foundation/runtime/alarm.hpp"
#include "orchestration/commands/status_command.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <string_view>

namespace tenon::orchestration {

/// Keeps one queue empty: whenever it is said to have work, asks for it to be read until it is
/// empty. What is said meanwhile counts for the next turn. [any-thread]
class QueueDrain {
public:
    /// Asks the actor of the queue, which replies when the queue is empty.
    using Ask = std::function<asio::awaitable<BatchReport>()>;

    QueueDrain(const asio::any_io_executor& executor, std::string_view queue, Ask ask);

    /// Until it is cancelled. A turn that fails is repeated after pauses that grow.
    asio::awaitable<void> run();

    std::string_view queue() const noexcept { return queue_; }

    /// A bell says that the queue has work.
    void ring();

    /// Somebody saw that the queue has work. False when that is no news, because it is being
    /// drained or will be.
    bool wake();

    QueueStatistics statistics() const;

private:
    asio::awaitable<bool> turn();

    const std::string_view queue_;
    const Ask ask_;
    Alarm alarm_;
    database::ReconnectBackoff backoff_;
    std::atomic<bool> wanted_{false};  ///< A ring that no turn has begun for.
    std::atomic<bool> busy_{false};
    mutable std::mutex mutex_;  // Statistics are asked for from outside the loop.
    QueueStatistics statistics_;
};

}  // namespace tenon::orchestration
