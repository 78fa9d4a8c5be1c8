#pragma once

#include "domain/messages/batch_report.hpp"
#include "domain/messages/hydrate_batch.hpp"
#include "domain/messages/queue_message.hpp"
#include "foundation/error.hpp"
#include "orchestration/services/queue/queue_reading_service.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::orchestration {

namespace asio = boost::asio;

/// A queue and how much of it is taken at once.
struct QueueTurn {
    QueueReadingService& reading;
    std::string_view queue;
    std::int32_t batch = 100;
};

/// Hydrates messages and lets `process` carry the batch out. When the database is to blame for a
/// failure, or the host stops, the messages go back as if they had not been read.
template <Hydrator H, class Process>
asio::awaitable<BatchReport> take_messages(
    QueueTurn turn,
    std::vector<QueueMessage> messages,
    Process process
) {
    auto batch = hydrate_batch(messages, H{});
    try {
        auto report = co_await process(std::move(batch));
        report.read = messages.size();
        co_return report;
    } catch (const Exception& error) {
        if (is_retryable(error.code())) {
            turn.reading.give_back(turn.queue, messages);
        }
        throw;
    } catch (const boost::system::system_error&) {
        turn.reading.give_back(turn.queue, messages);
        throw;
    }
}

/// Reads batch after batch and lets `take` have each, until one is not full.
template <class Take>
asio::awaitable<BatchReport> drain_queue(QueueTurn turn, Take take) {
    BatchReport total;
    bool more = true;
    while (more) {
        auto messages = co_await turn.reading.read(turn.queue, turn.batch);
        more = messages.size() == static_cast<std::size_t>(turn.batch);
        if (!messages.empty()) {
            total += co_await take(std::move(messages));
        }
    }
    co_return total;
}

}  // namespace tenon::orchestration
