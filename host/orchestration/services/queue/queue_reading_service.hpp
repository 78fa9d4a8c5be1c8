#pragma once

#include "database/repositories/queues/queue_repository.hpp"
#include "domain/messages/queue_message.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace tenon::orchestration {

/// Reads the queues of the orchestration role, off the event loop. [any-thread]
///
/// A message stays invisible for half a minute after a read. A reader that dies leaves its messages
/// to whoever is told of its death first (`redeliver`), at the latest when that time is over. A
/// reader that fails for the database's sake gives them back (`give_back`), and the read does not
/// count against them.
class QueueReadingService {
public:
    using Outlook = database::QueueRepository::Outlook;

    /// Both must outlive the service.
    QueueReadingService(database::QueueRepository& queues, BlockingPool& pool)
        : queues_(queues), pool_(pool) {}

    asio::awaitable<std::vector<QueueMessage>> read(std::string_view queue, std::int32_t limit);

    /// Where there is something to do, for all queues and the timers at once.
    asio::awaitable<Outlook> look();

    /// Makes everything visible that somebody read and did not process: before the next read, or
    /// the next look.
    void redeliver() noexcept { redeliver_ = true; }

    /// The same for these messages, as if they had not been read.
    void give_back(std::string_view queue, const std::vector<QueueMessage>& messages);

    /// Does now what was to be done before the next read. Blocks.
    void keep_promises();

private:
    std::vector<QueueMessage> read_now(std::string_view queue, std::int32_t limit);

    database::QueueRepository& queues_;
    BlockingPool& pool_;
    std::atomic<bool> redeliver_{false};
    std::mutex mutex_;  // Several queues are read side by side; guards the ids below.
    database::QueueRepository::Ids unread_;
};

}  // namespace tenon::orchestration
