#include "orchestration/services/queue/queue_reading_service.hpp"

#include "messaging/queue_names.hpp"

#include <utility>

namespace tenon::orchestration {
namespace {

void append(std::vector<std::int64_t>& ids, const std::vector<std::int64_t>& more) {
    ids.insert(ids.end(), more.begin(), more.end());
}

std::vector<std::int64_t>* ids_of(
    database::QueueRepository::Ids& ids,
    std::string_view queue
) noexcept {
    if (queue == messaging::task_requests_queue) {
        return &ids.task_requests;
    }
    if (queue == messaging::step_results_queue) {
        return &ids.step_results;
    }
    return queue == messaging::finalizations_queue ? &ids.finalizations : nullptr;
}

}  // namespace

asio::awaitable<std::vector<QueueMessage>> QueueReadingService::read(
    std::string_view queue,
    std::int32_t limit
) {
    const auto work = [this, queue, limit] {
        keep_promises();
        return read_now(queue, limit);
    };
    co_return co_await pool_.run(work);
}

asio::awaitable<QueueReadingService::Outlook> QueueReadingService::look() {
    const auto work = [this] {
        keep_promises();
        return queues_.look();
    };
    co_return co_await pool_.run(work);
}

void QueueReadingService::give_back(
    std::string_view queue,
    const std::vector<QueueMessage>& messages
) {
    const std::scoped_lock lock(mutex_);
    if (auto* const ids = ids_of(unread_, queue)) {
        for (const auto& message : messages) {
            ids->push_back(message.id);
        }
    }
}

void QueueReadingService::keep_promises() {
    database::QueueRepository::Ids unread;
    {
        const std::scoped_lock lock(mutex_);
        unread = std::exchange(unread_, {});
    }
    const bool redeliver = redeliver_.exchange(false);
    try {
        if (!unread.empty()) {
            queues_.give_back(unread);
        }
        if (redeliver) {
            queues_.redeliver();
        }
    } catch (...) {
        if (redeliver) {
            redeliver_ = true;
        }
        const std::scoped_lock lock(mutex_);
        append(unread_.task_requests, unread.task_requests);
        append(unread_.step_results, unread.step_results);
        append(unread_.finalizations, unread.finalizations);
        throw;
    }
}

std::vector<QueueMessage> QueueReadingService::read_now(
    std::string_view queue,
    std::int32_t limit
) {
    try {
        return queues_.read(queue, {.limit = limit});
    } catch (...) {
        // The messages of a reply that never arrived belong to nobody now.
        redeliver_ = true;
        throw;
    }
}

}  // namespace tenon::orchestration
