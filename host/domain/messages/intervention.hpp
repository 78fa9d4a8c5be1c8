#pragma once

#include "domain/ids.hpp"
#include "domain/task/task_state_machine.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// Who interferes with a task by hand, and why. It is kept with what it changed.
struct Intervention {
    std::string by = "operator";
    std::string reason;  ///< Or empty.
};

/// One step of a task.
struct StepReference {
    TaskId task;
    std::string step;  ///< Its name or its UUID.
};

/// How a task was cancelled.
struct Cancellation {
    std::string outcome;       ///< `cancelled`, the other terminal state it had, or `unknown`.
    std::int32_t running = 0;  ///< Steps whose handlers still run; they are asked to stop.
};

/// What an operator does to one step.
enum class StepAction : std::uint8_t {
    reset_for_retry,    ///< It runs again, with all its attempts.
    resolve_manually,   ///< It is settled without a result.
    complete_manually,  ///< It is settled with a result, which successors read.
};

inline constexpr std::array all_step_actions{
    StepAction::reset_for_retry,
    StepAction::resolve_manually,
    StepAction::complete_manually,
};

std::string_view to_string(StepAction action) noexcept;

/// The action that is written as `text`, if it is one.
std::optional<StepAction> parse_step_action(std::string_view text) noexcept;

/// A step that an operator repaired, and what became of its task.
struct RepairedStep {
    StepId step;
    TaskState task_state = TaskState::steps_in_process;
};

/// What an operator made of a dead letter.
enum class ResolutionStatus : std::uint8_t {
    pending,             ///< Waits for somebody to look into it.
    manually_resolved,   ///< Its task was put right.
    permanently_failed,  ///< Its task will never be right.
    cancelled,           ///< It needs no attention.
};

inline constexpr std::array all_resolution_statuses{
    ResolutionStatus::pending,
    ResolutionStatus::manually_resolved,
    ResolutionStatus::permanently_failed,
    ResolutionStatus::cancelled,
};

std::string_view to_string(ResolutionStatus status) noexcept;

/// The status that is stored as `text`, if it is one.
std::optional<ResolutionStatus> parse_resolution_status(std::string_view text) noexcept;

}  // namespace tenon
