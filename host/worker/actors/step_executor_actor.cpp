#include "worker/actors/step_executor_actor.hpp"

#include "domain/messages/hydrate_batch.hpp"
#include "worker/hydration/step_message_hydrator.hpp"
#include "worker/services/cancellation_service.hpp"
#include "worker/services/step_execution/queue_watch.hpp"
#include "worker/services/step_execution/step_executor_service.hpp"

#include <utility>

namespace tenon::worker {

std::size_t StepExecutorActor::handle(ExecuteSteps command) {
    return needs_.execution.start(std::move(command.steps));
}

asio::awaitable<StartedStep> StepExecutorActor::handle(ExecuteStep command) {
    return needs_.execution.start_named(
        {.task = task_of(command.step), .step_no = step_no_of(command.step)}
    );
}

asio::awaitable<StartedStep> StepExecutorActor::handle(ExecuteStepWithCorrelation command) {
    return needs_.execution.start_named(
        {.task = task_of(command.step),
         .step_no = step_no_of(command.step),
         .correlation = command.correlation}
    );
}

asio::awaitable<BatchReport> StepExecutorActor::handle(ExecuteStepFromMessage command) {
    return needs_.execution.start_messages(
        std::move(command.queue), hydrate_batch(command.messages, StepMessageHydrator{})
    );
}

bool StepExecutorActor::handle(ExecuteStepFromEvent command) {
    return needs_.queues.wake(command.namespace_name);
}

std::monostate StepExecutorActor::handle(LookForWork /*command*/) {
    needs_.queues.look();
    needs_.cancellation.look();
    return {};
}

std::monostate StepExecutorActor::handle(CancelSteps command) {
    needs_.cancellation.cancel(command.task);
    return {};
}

std::monostate StepExecutorActor::handle(SetPollIntervals command) {
    needs_.inbox.set_poll_intervals(command.intervals);
    return {};
}

}  // namespace tenon::worker
