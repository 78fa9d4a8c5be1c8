#include "orchestration/actors/task_repair_actor.hpp"

#include "orchestration/services/step_repair_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<ResetStep::Reply> TaskRepairActor::handle(ResetStep command) {
    return repairs_.repair(
        {.step = std::move(command.step),
         .action = StepAction::reset_for_retry,
         .intervention = std::move(command.intervention)}
    );
}

asio::awaitable<ResolveStep::Reply> TaskRepairActor::handle(ResolveStep command) {
    return repairs_.repair(
        {.step = std::move(command.step),
         .action = StepAction::resolve_manually,
         .intervention = std::move(command.intervention)}
    );
}

asio::awaitable<CompleteStep::Reply> TaskRepairActor::handle(CompleteStep command) {
    return repairs_.repair(
        {.step = std::move(command.step),
         .action = StepAction::complete_manually,
         .result_json = std::move(command.result_json),
         .intervention = std::move(command.intervention)}
    );
}

}  // namespace tenon::orchestration
