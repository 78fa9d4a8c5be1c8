#include "domain/task/task_state_machine.hpp"

#include "domain/transition_table.hpp"

#include <string>

namespace tenon {
namespace {

using S = TaskState;
using E = TaskEvent;
using Table = std::span<const Transition<S, E>>;

// The whole machine, on one screen. Any pair that is not listed is forbidden.
// clang-format off
constexpr std::array<Transition<S, E>, 27> transitions{{
    {S::pending,                  E::start,                 S::initializing},
    {S::initializing,             E::ready_steps_found,     S::enqueuing_steps},
    {S::initializing,             E::no_steps_found,        S::complete},
    {S::initializing,             E::no_dependencies_ready, S::waiting_for_dependencies},
    {S::enqueuing_steps,          E::steps_enqueued,        S::steps_in_process},
    {S::enqueuing_steps,          E::enqueue_failed,        S::error},
    {S::steps_in_process,         E::step_completed,        S::evaluating_results},
    {S::steps_in_process,         E::all_steps_completed,   S::evaluating_results},
    {S::steps_in_process,         E::step_failed,           S::waiting_for_retry},
    {S::evaluating_results,       E::all_steps_successful,  S::complete},
    {S::evaluating_results,       E::ready_steps_found,     S::enqueuing_steps},
    {S::evaluating_results,       E::no_dependencies_ready, S::waiting_for_dependencies},
    {S::evaluating_results,       E::permanent_failure,     S::blocked_by_failures},
    {S::waiting_for_dependencies, E::dependencies_ready,    S::evaluating_results},
    {S::waiting_for_retry,        E::retry_ready,           S::enqueuing_steps},
    {S::blocked_by_failures,      E::give_up,               S::error},
    {S::blocked_by_failures,      E::manual_resolution,     S::resolved_manually},
    {S::blocked_by_failures,      E::repair,                S::evaluating_results},
    {S::error,                    E::redrive,               S::pending},

    {S::pending,                  E::cancel,                S::cancelled},
    {S::initializing,             E::cancel,                S::cancelled},
    {S::enqueuing_steps,          E::cancel,                S::cancelled},
    {S::steps_in_process,         E::cancel,                S::cancelled},
    {S::evaluating_results,       E::cancel,                S::cancelled},
    {S::waiting_for_dependencies, E::cancel,                S::cancelled},
    {S::waiting_for_retry,        E::cancel,                S::cancelled},
    {S::blocked_by_failures,      E::cancel,                S::cancelled},
}};
// clang-format on

}  // namespace

std::string_view to_string(TaskState state) noexcept {
    switch (state) {
        case TaskState::pending: return "pending";
        case TaskState::initializing: return "initializing";
        case TaskState::enqueuing_steps: return "enqueuing_steps";
        case TaskState::steps_in_process: return "steps_in_process";
        case TaskState::evaluating_results: return "evaluating_results";
        case TaskState::waiting_for_dependencies: return "waiting_for_dependencies";
        case TaskState::waiting_for_retry: return "waiting_for_retry";
        case TaskState::blocked_by_failures: return "blocked_by_failures";
        case TaskState::complete: return "complete";
        case TaskState::error: return "error";
        case TaskState::cancelled: return "cancelled";
        case TaskState::resolved_manually: return "resolved_manually";
    }
    return "unknown";
}

std::string_view to_string(TaskEvent event) noexcept {
    switch (event) {
        case TaskEvent::start: return "start";
        case TaskEvent::ready_steps_found: return "ready_steps_found";
        case TaskEvent::no_steps_found: return "no_steps_found";
        case TaskEvent::no_dependencies_ready: return "no_dependencies_ready";
        case TaskEvent::steps_enqueued: return "steps_enqueued";
        case TaskEvent::enqueue_failed: return "enqueue_failed";
        case TaskEvent::step_completed: return "step_completed";
        case TaskEvent::all_steps_completed: return "all_steps_completed";
        case TaskEvent::step_failed: return "step_failed";
        case TaskEvent::all_steps_successful: return "all_steps_successful";
        case TaskEvent::permanent_failure: return "permanent_failure";
        case TaskEvent::dependencies_ready: return "dependencies_ready";
        case TaskEvent::retry_ready: return "retry_ready";
        case TaskEvent::give_up: return "give_up";
        case TaskEvent::manual_resolution: return "manual_resolution";
        case TaskEvent::timeout: return "timeout";
        case TaskEvent::processor_crashed: return "processor_crashed";
        case TaskEvent::cancel: return "cancel";
        case TaskEvent::repair: return "repair";
        case TaskEvent::redrive: return "redrive";
    }
    return "unknown";
}

std::optional<TaskState> parse_task_state(std::string_view text) noexcept {
    for (const auto state : all_task_states) {
        if (to_string(state) == text) {
            return state;
        }
    }
    return std::nullopt;
}

bool is_terminal(TaskState state) noexcept {
    return state == S::complete || state == S::error || state == S::cancelled ||
           state == S::resolved_manually;
}

Result<TaskState> next_state(TaskState from, TaskEvent event) {
    if (const auto to = destination(Table(transitions), from, event)) {
        return *to;
    }
    return Error{
        ErrorCode::invalid_transition,
        "task cannot " + std::string(to_string(event)) + " while " + std::string(to_string(from))
    };
}

bool is_legal_path(
    std::optional<TaskState> from,
    std::span<const TaskState> via,
    TaskState to
) noexcept {
    return is_path(Table(transitions), S::pending, from, via, to);
}

}  // namespace tenon
