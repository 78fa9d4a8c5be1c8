#pragma once

#include "foundation/runtime/command_router.hpp"
#include "orchestration/commands/dead_letter_command.hpp"
#include "orchestration/commands/task_repair_command.hpp"
#include "orchestration/commands/task_request_command.hpp"

namespace tenon::orchestration {

/// The commands of the orchestration role, in the order of its statistics. A new one is a struct in
/// a `*_command.hpp`, a line here, and a `handle` in the actor that answers it.
using CommandProcessor = CommandRouter<
    // TaskRequestActor
    InitializeTask,
    InitializeTasks,
    CancelTask,
    GetTask,
    GetSteps,
    GetStep,
    GetStepAudit,
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
    GetDeadLetterStatistics>;

}  // namespace tenon::orchestration
