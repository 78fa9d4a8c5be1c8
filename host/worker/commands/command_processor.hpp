#pragma once

#include "foundation/runtime/command_router.hpp"
#include "worker/commands/domain_event_command.hpp"
#include "worker/commands/step_completion_command.hpp"
#include "worker/commands/step_execution_command.hpp"
#include "worker/commands/template_cache_command.hpp"
#include "worker/commands/worker_status_command.hpp"

namespace tenon::worker {

/// The commands of the worker role, in the order of its statistics. A new one is a struct in a
/// `*_command.hpp`, a line here, and a `handle` in the actor that answers it.
///
/// Those that are "answered at once" also go through `ask_now`: lanes of the step pump and handler
/// threads use it, which have no event loop and no time for one.
using WorkerCommandProcessor = CommandRouter<
    // StepExecutorActor
    ExecuteSteps,
    ExecuteStep,
    ExecuteStepWithCorrelation,
    ExecuteStepFromMessage,
    ExecuteStepFromEvent,
    LookForWork,
    CancelSteps,
    SetPollIntervals,
    // FfiCompletionActor
    ProcessStepCompletion,
    SendStepResult,
    // TemplateCacheActor
    RefreshTemplateCache,
    GetTemplate,
    GetTemplateReport,
    // DomainEventActor
    DispatchEvents,
    // WorkerStatusActor
    GetWorkerStatus,
    GetEventStatus,
    SetEventIntegration,
    HealthCheck,
    Shutdown>;

}  // namespace tenon::worker
