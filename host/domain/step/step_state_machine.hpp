#pragma once

#include "foundation/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tenon {

/// The life of a step. Enumerators are spelled exactly as stored in PostgreSQL.
enum class StepState : std::uint8_t {
    pending,                              ///< Waits for its dependencies.
    enqueued,                             ///< Runnable: on the queue of its namespace.
    in_progress,                          ///< Claimed by a host; its handler runs.
    enqueued_for_orchestration,           ///< Its handler succeeded; the result awaits processing.
    enqueued_as_error_for_orchestration,  ///< Its handler failed; the failure awaits processing.
    waiting_for_retry,                    ///< Failed; is due again later.
    complete,                             ///< Terminal: has a result.
    error,                                ///< Terminal: failed for good.
    cancelled,                            ///< Terminal.
    resolved_manually,                    ///< Terminal: an operator settled it without a result.
};

/// What can happen to a step.
enum class StepEvent : std::uint8_t {
    enqueue,
    start,
    enqueue_for_orchestration,
    enqueue_as_error_for_orchestration,
    complete,
    fail,
    wait_for_retry,
    retry,
    cancel,
    reset_for_retry,    ///< Operator: from error, with the attempts counted from 0 again.
    resolve_manually,   ///< Operator: from any state.
    complete_manually,  ///< Operator: from any state, with a result that successors read.
};

inline constexpr std::array all_step_states{
    StepState::pending,
    StepState::enqueued,
    StepState::in_progress,
    StepState::enqueued_for_orchestration,
    StepState::enqueued_as_error_for_orchestration,
    StepState::waiting_for_retry,
    StepState::complete,
    StepState::error,
    StepState::cancelled,
    StepState::resolved_manually,
};

inline constexpr std::array all_step_events{
    StepEvent::enqueue,
    StepEvent::start,
    StepEvent::enqueue_for_orchestration,
    StepEvent::enqueue_as_error_for_orchestration,
    StepEvent::complete,
    StepEvent::fail,
    StepEvent::wait_for_retry,
    StepEvent::retry,
    StepEvent::cancel,
    StepEvent::reset_for_retry,
    StepEvent::resolve_manually,
    StepEvent::complete_manually,
};

std::string_view to_string(StepState state) noexcept;
std::string_view to_string(StepEvent event) noexcept;

/// The state that is stored as `text`, if it is one.
std::optional<StepState> parse_step_state(std::string_view text) noexcept;

/// True when the step is settled: only an operator, or the retry of an error, moves it again.
bool is_terminal(StepState state) noexcept;

/// True when a successor may run: the step is complete or resolved by hand.
bool satisfies_dependency(StepState state) noexcept;

/// The state that `event` leads to, or `invalid_transition`. Pure: nothing is stored.
Result<StepState> next_state(StepState from, StepEvent event);

/// True when some chain of events leads from `from` through exactly the states `via` to `to`: the
/// law that every audit row must keep. Without `from`, the row that creates the step: it begins as
/// pending.
bool is_legal_path(
    std::optional<StepState> from,
    std::span<const StepState> via,
    StepState to
) noexcept;

}  // namespace tenon
