#pragma once

#include <algorithm>
#include <optional>
#include <span>

namespace tenon {

/// One row of a state machine. Any pair of state and event without a row is forbidden.
template <class State, class Event>
struct Transition {
    State from;
    Event event;
    State to;
};

/// Where `event` leads from `from`, if the table says so.
template <class State, class Event>
constexpr std::optional<State> destination(
    std::span<const Transition<State, Event>> table,
    State from,
    Event event
) noexcept {
    const auto found = std::ranges::find_if(table, [from, event](const auto& row) {
        return row.from == from && row.event == event;
    });
    return found == table.end() ? std::nullopt : std::optional(found->to);
}

/// True when every hop from `from` through `via` to `to` is a row of the table; without `from`,
/// when the path begins in `initial`.
template <class State, class Event>
constexpr bool is_path(
    std::span<const Transition<State, Event>> table,
    State initial,
    std::optional<State> from,
    std::span<const State> via,
    State to
) noexcept {
    const auto hop = [table, initial](std::optional<State> here, State next) {
        return !here ? next == initial : std::ranges::any_of(table, [&](const auto& row) {
            return row.from == *here && row.to == next;
        });
    };
    auto here = from;
    for (const auto state : via) {
        if (!hop(here, state)) {
            return false;
        }
        here = state;
    }
    return hop(here, to);
}

}  // namespace tenon
