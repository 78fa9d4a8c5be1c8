#include "orchestration/services/result_processing_service.hpp"

#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/queue_names.hpp"
#include "orchestration/services/queue/batch_steps.hpp"

#include <algorithm>
#include <utility>

namespace tenon::orchestration {
namespace {

constexpr std::string_view component = "step results";

}  // namespace

asio::awaitable<BatchReport> ResultProcessingService::process(StepResult result) {
    const auto work = [this, result = std::move(result)] {
        return announce(needs_.repository.process_step_result(needs_.host, result), 1);
    };
    co_return co_await needs_.pool.run(work);
}

asio::awaitable<BatchReport> ResultProcessingService::process(QueuedBatch<StepResult> batch) {
    const BatchSteps<StepResult> steps{
        .name = std::string(component),
        .process =
            [this](const auto& entries) {
                fault_point("step_results.read");
                auto effects = needs_.repository.process_step_results(needs_.host, entries);
                fault_point("step_results.processed");
                return announce(std::move(effects), entries.size());
            },
        .archive =
            [this](const auto& refused) {
                needs_.queues.archive(messaging::step_results_queue, refused);
                log::warning(component, refused.front().reason);
            }
    };
    const auto work = [steps, batch = std::move(batch)] { return carry_out(batch, steps); };
    co_return co_await needs_.pool.run(work);
}

BatchReport ResultProcessingService::announce(Effects effects, std::size_t count) {
    if (!effects.fed.empty()) {
        observers_.fed(effects.fed);
    }
    if (effects.retry_in) {
        observers_.retry_scheduled(*effects.retry_in);
    }
    if (effects.finalizations > 0) {
        observers_.finalizations_sent();
    }
    for (const auto& reason : effects.archived) {
        log::warning(component, reason);
    }
    for (const auto& sentence : effects.rejected_events) {
        log::warning("events", sentence);
    }
    if (observers_.published && !effects.events.empty()) {
        observers_.published(std::move(effects.events));
    }
    const auto lost = std::min(count, effects.archived.size() + effects.stale);
    return {.processed = count - lost, .stale = effects.stale, .archived = effects.archived.size()};
}

}  // namespace tenon::orchestration
