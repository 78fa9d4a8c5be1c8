#include "domain/step/step_state_machine.hpp"

#include "domain/transition_table.hpp"

#include <string>

namespace tenon {
namespace {

using S = StepState;
using E = StepEvent;
using Table = std::span<const Transition<S, E>>;

// The whole machine, on one screen. Any pair that is not listed is forbidden.
// clang-format off
constexpr std::array<Transition<S, E>, 43> transitions{{
    {S::pending,                             E::enqueue,                            S::enqueued},
    {S::pending,                             E::fail,                               S::error},
    {S::pending,                             E::wait_for_retry,                     S::waiting_for_retry},
    {S::pending,                             E::cancel,                             S::cancelled},
    {S::enqueued,                            E::start,                              S::in_progress},
    {S::enqueued,                            E::fail,                               S::error},
    {S::enqueued,                            E::wait_for_retry,                     S::waiting_for_retry},
    {S::enqueued,                            E::cancel,                             S::cancelled},
    {S::in_progress,                         E::enqueue_for_orchestration,          S::enqueued_for_orchestration},
    {S::in_progress,                         E::enqueue_as_error_for_orchestration, S::enqueued_as_error_for_orchestration},
    {S::in_progress,                         E::wait_for_retry,                     S::waiting_for_retry},
    {S::in_progress,                         E::cancel,                             S::cancelled},
    {S::enqueued_for_orchestration,          E::complete,                           S::complete},
    {S::enqueued_for_orchestration,          E::fail,                               S::error},
    {S::enqueued_for_orchestration,          E::cancel,                             S::cancelled},
    {S::enqueued_as_error_for_orchestration, E::complete,                           S::complete},
    {S::enqueued_as_error_for_orchestration, E::fail,                               S::error},
    {S::enqueued_as_error_for_orchestration, E::wait_for_retry,                     S::waiting_for_retry},
    {S::enqueued_as_error_for_orchestration, E::cancel,                             S::cancelled},
    {S::waiting_for_retry,                   E::retry,                              S::pending},
    {S::waiting_for_retry,                   E::cancel,                             S::cancelled},
    {S::error,                               E::retry,                              S::pending},
    {S::error,                               E::reset_for_retry,                    S::pending},

    {S::pending,                             E::resolve_manually,                   S::resolved_manually},
    {S::enqueued,                            E::resolve_manually,                   S::resolved_manually},
    {S::in_progress,                         E::resolve_manually,                   S::resolved_manually},
    {S::enqueued_for_orchestration,          E::resolve_manually,                   S::resolved_manually},
    {S::enqueued_as_error_for_orchestration, E::resolve_manually,                   S::resolved_manually},
    {S::waiting_for_retry,                   E::resolve_manually,                   S::resolved_manually},
    {S::complete,                            E::resolve_manually,                   S::resolved_manually},
    {S::error,                               E::resolve_manually,                   S::resolved_manually},
    {S::cancelled,                           E::resolve_manually,                   S::resolved_manually},
    {S::resolved_manually,                   E::resolve_manually,                   S::resolved_manually},

    {S::pending,                             E::complete_manually,                  S::complete},
    {S::enqueued,                            E::complete_manually,                  S::complete},
    {S::in_progress,                         E::complete_manually,                  S::complete},
    {S::enqueued_for_orchestration,          E::complete_manually,                  S::complete},
    {S::enqueued_as_error_for_orchestration, E::complete_manually,                  S::complete},
    {S::waiting_for_retry,                   E::complete_manually,                  S::complete},
    {S::complete,                            E::complete_manually,                  S::complete},
    {S::error,                               E::complete_manually,                  S::complete},
    {S::cancelled,                           E::complete_manually,                  S::complete},
    {S::resolved_manually,                   E::complete_manually,                  S::complete},
}};
// clang-format on

}  // namespace

std::string_view to_string(StepState state) noexcept {
    switch (state) {
        case StepState::pending: return "pending";
        case StepState::enqueued: return "enqueued";
        case StepState::in_progress: return "in_progress";
        case StepState::enqueued_for_orchestration: return "enqueued_for_orchestration";
        case StepState::enqueued_as_error_for_orchestration:
            return "enqueued_as_error_for_orchestration";
        case StepState::waiting_for_retry: return "waiting_for_retry";
        case StepState::complete: return "complete";
        case StepState::error: return "error";
        case StepState::cancelled: return "cancelled";
        case StepState::resolved_manually: return "resolved_manually";
    }
    return "unknown";
}

std::string_view to_string(StepEvent event) noexcept {
    switch (event) {
        case StepEvent::enqueue: return "enqueue";
        case StepEvent::start: return "start";
        case StepEvent::enqueue_for_orchestration: return "enqueue_for_orchestration";
        case StepEvent::enqueue_as_error_for_orchestration:
            return "enqueue_as_error_for_orchestration";
        case StepEvent::complete: return "complete";
        case StepEvent::fail: return "fail";
        case StepEvent::wait_for_retry: return "wait_for_retry";
        case StepEvent::retry: return "retry";
        case StepEvent::cancel: return "cancel";
        case StepEvent::reset_for_retry: return "reset_for_retry";
        case StepEvent::resolve_manually: return "resolve_manually";
        case StepEvent::complete_manually: return "complete_manually";
    }
    return "unknown";
}

std::optional<StepState> parse_step_state(std::string_view text) noexcept {
    for (const auto state : all_step_states) {
        if (to_string(state) == text) {
            return state;
        }
    }
    return std::nullopt;
}

bool is_terminal(StepState state) noexcept {
    return state == S::complete || state == S::error || state == S::cancelled ||
           state == S::resolved_manually;
}

bool satisfies_dependency(StepState state) noexcept {
    return state == S::complete || state == S::resolved_manually;
}

Result<StepState> next_state(StepState from, StepEvent event) {
    if (const auto to = destination(Table(transitions), from, event)) {
        return *to;
    }
    return Error{
        ErrorCode::invalid_transition,
        "step cannot " + std::string(to_string(event)) + " while " + std::string(to_string(from))
    };
}

bool is_legal_path(
    std::optional<StepState> from,
    std::span<const StepState> via,
    StepState to
) noexcept {
    return is_path(Table(transitions), S::pending, from, via, to);
}

}  // namespace tenon
