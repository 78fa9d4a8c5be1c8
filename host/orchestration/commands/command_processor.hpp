#pragma once

#include "foundation/runtime/command_router.hpp"
#include "orchestration/commands/dead_letter_command.hpp"
#include "orchestration/commands/finalization_command.hpp"
#include "orchestration/commands/overview_command.hpp"
#include "orchestration/commands/status_command.hpp"
#include "orchestration/commands/step_enqueuing_command.hpp"
#include "orchestration/commands/step_result_command.hpp"
#include "orchestration/commands/task_repair_command.hpp"
#include "orchestration/commands/task_request_command.hpp"
#include "orchestration/commands/template_command.hpp"

namespace tenon::orchestration {

/// The commands of the orchestration role, in the order of its statistics. A new one is a struct in
/// a `*_command.hpp`, a line here, and a `handle` in the actor that answers it.
using CommandProcessor = CommandRouter<
    // TaskRequestActor
    InitializeTask,
    InitializeTasks,
    InitializeTaskFromMessage,
    InitializeTaskFromEvent,
    CancelTask,
    GetTask,
    GetSteps,
    GetStep,
    GetStepAudit,
    // ResultProcessorActor
    ProcessStepResult,
    ProcessStepResultFromMessage,
    ProcessStepResultFromEvent,
    // StepEnqueuerActor
    EnqueueSteps,
    ResumeStaleSteps,
    // TaskFinalizerActor
    FinalizeTask,
    FinalizeTaskFromMessage,
    FinalizeTaskFromEvent,
    ArchiveTasks,
    MaintainHistory,
    // TaskRepairActor
    ResetStep,
    ResolveStep,
    CompleteStep,
    // DeadLetterActor
    ListDeadLetters,
    GetDeadLetter,
    GetDeadLettersOfTask,
    AddDeadLetter,
    UpdateDeadLetter,
    RedriveTask,
    GetDeadLetterStatistics,
    // TemplateActor
    RegisterTemplate,
    ListTemplates,
    GetTemplate,
    ValidateTemplate,
    // OverviewActor
    ListTasks,
    GetTaskSummary,
    ListHosts,
    GetPerformance,
    ListBottlenecks,
    // OrchestrationStatusActor
    GetProcessingStats,
    HealthCheck,
    Shutdown>;

}  // namespace tenon::orchestration
