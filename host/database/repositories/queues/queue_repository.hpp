#pragma once

#include "database/connection_pool.hpp"
#include "domain/messages/queue_message.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::database {

/// The queues of the orchestration role, message by message. Its calls block. [any-thread]
class QueueRepository {
public:
    struct ReadOptions {
        std::chrono::seconds invisible{30};  ///< For other readers.
        std::int32_t limit = 100;
    };

    /// Where there is something to do.
    struct Outlook {
        bool task_requests = false;
        bool step_results = false;
        bool finalizations = false;
        std::optional<std::chrono::milliseconds> next_due;  ///< Of the timers; 0 when overdue.
    };

    /// Ids of messages, by queue.
    struct Ids {
        std::vector<std::int64_t> task_requests;
        std::vector<std::int64_t> step_results;
        std::vector<std::int64_t> finalizations;

        bool empty() const noexcept {
            return task_requests.empty() && step_results.empty() && finalizations.empty();
        }
    };

    explicit QueueRepository(ConnectionPool& pool) : pool_(pool) {}

    /// The oldest visible messages, which nobody else sees until they are deleted or time is up.
    std::vector<QueueMessage> read(std::string_view queue, const ReadOptions& options);

    /// One cheap statement for all queues and timers.
    Outlook look();

    /// How much waits on a queue.
    struct Depth {
        std::int64_t waiting = 0;  ///< At most 100 000 are counted.
        std::optional<std::chrono::milliseconds> oldest;
    };

    /// Of queues that exist, in their order.
    std::vector<Depth> depths(const std::vector<std::string>& queues);

    /// Makes messages visible again as if they had not been read. Returns how many.
    std::int64_t give_back(const Ids& messages);

    /// Makes everything visible that somebody read and did not process. Returns how many.
    std::int64_t redeliver();

    /// Moves messages to the archive, each with its reason. Returns how many were still there.
    std::int64_t archive(std::string_view queue, const std::vector<RefusedMessage>& messages);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
