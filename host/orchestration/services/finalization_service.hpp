#pragma once

#include "database/step_gateway.hpp"
#include "domain/messages/batch_report.hpp"
#include "domain/messages/queue_message.hpp"
#include "orchestration/services/queue/queue_needs.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <utility>
#include <vector>

namespace tenon::orchestration {

/// Ends tasks whose steps have all come to rest. [any-thread]
class FinalizationService {
public:
    /// Told of tasks that ended, after the commit. May be empty. [pool]
    using OnEnded = std::function<void(const std::vector<database::FinishedTask>&)>;

    FinalizationService(const QueueNeeds& needs, OnEnded on_ended)
        : needs_(needs), on_ended_(std::move(on_ended)) {}

    /// One task that came by another way than its queue.
    asio::awaitable<BatchReport> finalize(TaskId task);

    /// Throws as `carry_out` does.
    asio::awaitable<BatchReport> finalize(QueuedBatch<TaskId> batch);

private:
    using Effects = database::OrchestrationRepository::FinalizationEffects;

    BatchReport announce(const Effects& effects, std::size_t count);

    const QueueNeeds needs_;
    const OnEnded on_ended_;
};

}  // namespace tenon::orchestration
