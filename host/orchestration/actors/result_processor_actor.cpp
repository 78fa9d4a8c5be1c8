#include "orchestration/actors/result_processor_actor.hpp"

#include "messaging/queue_names.hpp"
#include "orchestration/actors/queue_turn.hpp"
#include "orchestration/hydration/step_result_hydrator.hpp"
#include "orchestration/services/result_processing_service.hpp"

#include <utility>

namespace tenon::orchestration {
namespace {

QueueTurn results(QueueReadingService& reading) {
    return {.reading = reading, .queue = messaging::step_results_queue, .batch = 200};
}

}  // namespace

asio::awaitable<BatchReport> ResultProcessorActor::handle(ProcessStepResult command) {
    return processing_.process(std::move(command.result));
}

asio::awaitable<BatchReport> ResultProcessorActor::handle(ProcessStepResultFromMessage command) {
    return take_messages<StepResultHydrator>(
        results(reading_),
        std::move(command.messages),
        [this](auto batch) { return processing_.process(std::move(batch)); }
    );
}

asio::awaitable<BatchReport> ResultProcessorActor::handle(ProcessStepResultFromEvent /*command*/) {
    return drain_queue(results(reading_), [this](auto messages) {
        return handle(ProcessStepResultFromMessage{std::move(messages)});
    });
}

}  // namespace tenon::orchestration
