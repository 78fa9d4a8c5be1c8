#pragma once

#include "domain/messages/batch_report.hpp"
#include "domain/messages/queue_message.hpp"
#include "domain/messages/step_result.hpp"
#include "orchestration/services/queue/queue_needs.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::orchestration {

/// Settles steps by what came of them, in the SQL of the direct profile: unlocks their successors,
/// schedules retries, sends tasks that may have ended to their queue. [any-thread]
class ResultProcessingService {
public:
    /// Told what was committed. None may be empty. [pool]
    struct Observers {
        std::function<void(const std::vector<std::string>&)> fed;
        std::function<void(std::chrono::milliseconds)> retry_scheduled;
        std::function<void()> finalizations_sent;
        /// Events for the subscribers of this process; may be empty.
        std::function<void(std::vector<DomainEvent>)> published{};
    };

    ResultProcessingService(const QueueNeeds& needs, Observers observers)
        : needs_(needs), observers_(std::move(observers)) {}

    /// One result that came by another way than its queue.
    asio::awaitable<BatchReport> process(StepResult result);

    /// Throws as `carry_out` does.
    asio::awaitable<BatchReport> process(QueuedBatch<StepResult> batch);

private:
    using Effects = database::OrchestrationRepository::ResultEffects;

    BatchReport announce(Effects effects, std::size_t count);

    const QueueNeeds needs_;
    const Observers observers_;
};

}  // namespace tenon::orchestration
