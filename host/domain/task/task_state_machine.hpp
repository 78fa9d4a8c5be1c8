#pragma once

#include "foundation/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tenon {

/// The life of a task. Enumerators are spelled exactly as stored in PostgreSQL.
enum class TaskState : std::uint8_t {
    pending,                   ///< Accepted; its steps exist.
    initializing,              ///< Its first runnable steps are being found.
    enqueuing_steps,           ///< Runnable steps go to their queues.
    steps_in_process,          ///< Steps are queued or running.
    evaluating_results,        ///< Settled steps decide what comes next.
    waiting_for_dependencies,  ///< Steps wait for others that are not settled.
    waiting_for_retry,         ///< Only steps that are due later are left to run.
    blocked_by_failures,       ///< A step failed for good and nothing else can run.
    complete,                  ///< Terminal: every step satisfied.
    error,                     ///< Terminal: given up.
    cancelled,                 ///< Terminal.
    resolved_manually,         ///< Terminal: an operator settled it.
};

/// What can happen to a task.
enum class TaskEvent : std::uint8_t {
    start,
    ready_steps_found,
    no_steps_found,
    no_dependencies_ready,
    steps_enqueued,
    enqueue_failed,
    step_completed,
    all_steps_completed,
    step_failed,
    all_steps_successful,
    permanent_failure,
    dependencies_ready,
    retry_ready,
    give_up,
    manual_resolution,
    timeout,            ///< A reason on record; moves nothing by itself.
    processor_crashed,  ///< A reason on record; moves nothing by itself.
    cancel,             ///< From every state that is not terminal.
    repair,             ///< Operator: the steps that failed were settled by hand or reset.
    redrive,            ///< Operator: from error, with all its failed steps reset.
};

inline constexpr std::array all_task_states{
    TaskState::pending,
    TaskState::initializing,
    TaskState::enqueuing_steps,
    TaskState::steps_in_process,
    TaskState::evaluating_results,
    TaskState::waiting_for_dependencies,
    TaskState::waiting_for_retry,
    TaskState::blocked_by_failures,
    TaskState::complete,
    TaskState::error,
    TaskState::cancelled,
    TaskState::resolved_manually,
};

inline constexpr std::array all_task_events{
    TaskEvent::start,
    TaskEvent::ready_steps_found,
    TaskEvent::no_steps_found,
    TaskEvent::no_dependencies_ready,
    TaskEvent::steps_enqueued,
    TaskEvent::enqueue_failed,
    TaskEvent::step_completed,
    TaskEvent::all_steps_completed,
    TaskEvent::step_failed,
    TaskEvent::all_steps_successful,
    TaskEvent::permanent_failure,
    TaskEvent::dependencies_ready,
    TaskEvent::retry_ready,
    TaskEvent::give_up,
    TaskEvent::manual_resolution,
    TaskEvent::timeout,
    TaskEvent::processor_crashed,
    TaskEvent::cancel,
    TaskEvent::repair,
    TaskEvent::redrive,
};

std::string_view to_string(TaskState state) noexcept;
std::string_view to_string(TaskEvent event) noexcept;

/// The state that is stored as `text`, if it is one.
std::optional<TaskState> parse_task_state(std::string_view text) noexcept;

/// True when the task has ended: only an operator moves it again, and only from error.
bool is_terminal(TaskState state) noexcept;

/// The state that `event` leads to, or `invalid_transition`. Pure: nothing is stored.
Result<TaskState> next_state(TaskState from, TaskEvent event);

/// True when some chain of events leads from `from` through exactly the states `via` to `to`: the
/// law that every audit row must keep. Without `from`, the row that creates the task: it begins as
/// pending.
bool is_legal_path(
    std::optional<TaskState> from,
    std::span<const TaskState> via,
    TaskState to
) noexcept;

}  // namespace tenon
