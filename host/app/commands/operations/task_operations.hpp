#pragma once

#include "app/commands/task_console.hpp"
#include "domain/messages/intervention.hpp"

#include <string>

namespace tenon::app {

/// What an operator asks of a task or of one of its steps.
struct TaskOperationOptions {
    std::string url{};
    std::string task_uuid{};
    std::string step{};  ///< Its name or its UUID.
    StepAction action = StepAction::reset_for_retry;
    std::string result{};  ///< For `complete_manually`: JSON, "@FILE", or "-".
    std::string reason{};
    std::string by{};
    bool json = false;
};

/// Ends a task early.
ExitCode cancel_task(const TaskOperationOptions& options, const TaskConsole& console);

/// Resets, resolves or completes a step by hand.
ExitCode repair_step(const TaskOperationOptions& options, const TaskConsole& console);

/// Lists every change of a step's state.
ExitCode audit_step(const TaskOperationOptions& options, const TaskConsole& console);

}  // namespace tenon::app
