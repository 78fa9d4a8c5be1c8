#include "orchestration/services/finalization_service.hpp"

#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/queue_names.hpp"
#include "orchestration/services/queue/batch_steps.hpp"

#include <algorithm>
#include <utility>

namespace tenon::orchestration {
namespace {

constexpr std::string_view component = "finalizations";

}  // namespace

asio::awaitable<BatchReport> FinalizationService::finalize(TaskId task) {
    const auto work = [this, task] {
        return announce(needs_.repository.process_finalization(needs_.host, task), 1);
    };
    co_return co_await needs_.pool.run(work);
}

asio::awaitable<BatchReport> FinalizationService::finalize(QueuedBatch<TaskId> batch) {
    const BatchSteps<TaskId> steps{
        .name = std::string(component),
        .process =
            [this](const auto& entries) {
                fault_point("finalizations.read");
                const auto effects = needs_.repository.process_finalizations(needs_.host, entries);
                fault_point("finalizations.processed");
                return announce(effects, entries.size());
            },
        .archive =
            [this](const auto& refused) {
                needs_.queues.archive(messaging::finalizations_queue, refused);
                log::warning(component, refused.front().reason);
            }
    };
    const auto work = [steps, batch = std::move(batch)] { return carry_out(batch, steps); };
    co_return co_await needs_.pool.run(work);
}

BatchReport FinalizationService::announce(const Effects& effects, std::size_t count) {
    if (!effects.ended.empty() && on_ended_) {
        on_ended_(effects.ended);
    }
    for (const auto& reason : effects.archived) {
        log::warning(component, reason);
    }
    const auto archived = std::min(count, effects.archived.size());
    const auto ended = std::min(count - archived, effects.ended.size());
    return {.processed = ended, .stale = count - archived - ended, .archived = archived};
}

}  // namespace tenon::orchestration
