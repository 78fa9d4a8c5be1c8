#pragma once

#include "foundation/runtime/command_route.hpp"

#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

namespace tenon {

/// The one door into a role: routes every command to its actor and does nothing else; if a branch
/// appears here, it belongs in a service.
///
/// Commands run concurrently, each in its asker's coroutine. Each kind has a bound of its own, so
/// that a flood of one kind leaves the others alone; beyond it commands are refused, never queued.
/// [any-thread], but [setup] for `limit` and `connect`.
template <Command... Commands>
class CommandRouter {
public:
    struct Options {
        std::size_t in_flight_max = 1024;  ///< Of each kind at once.
    };

    explicit CommandRouter(Options options) : routes_(bound_of<Commands>(options)...) {}

    /// Gives one kind a bound that differs from the others'.
    template <Command C>
    void limit(std::size_t in_flight_max) {
        route<C>().limit(in_flight_max);
    }

    /// Makes `actor` answer every command that it handles; it must outlive the router.
    template <class A>
        requires((Handles<A, Commands> || HandlesNow<A, Commands>) || ...)
    void connect(A& actor) {
        (connect_if_handled<Commands>(actor), ...);
    }

    /// Waits for the actor's reply and rethrows whatever it threw. Throws ErrorCode::unavailable
    /// when too many commands of this kind are under way, and after `stop`.
    template <Command C>
    asio::awaitable<typename C::Reply> ask(C command) {
        return route<C>().take(std::move(command));
    }

    /// The synchronous door, with the same bounds and statistics: for commands whose actor answers
    /// at once (`HandlesNow`). It costs neither a coroutine nor a change of threads, and may be
    /// used where there is no event loop. Throws as `ask`.
    template <Command C>
    typename C::Reply ask_now(C command) {
        return route<C>().take_now(std::move(command));
    }

    /// Refuses every later command; those under way go on.
    void stop() noexcept { (route<Commands>().close(), ...); }

    template <Command C>
    CommandStatistics statistics() const noexcept {
        return std::get<CommandRoute<C>>(routes_).statistics();
    }

    /// Of every kind, in the order of the list.
    std::vector<CommandStatistics> statistics() const { return {statistics<Commands>()...}; }

private:
    template <Command C>
    CommandRoute<C>& route() noexcept {
        return std::get<CommandRoute<C>>(routes_);
    }

    // The routes are made in their places, because they cannot move.
    template <Command C>
    static std::size_t bound_of(const Options& options) {
        return options.in_flight_max;
    }

    template <Command C, class A>
    void connect_if_handled(A& actor) {
        if constexpr (Handles<A, C> || HandlesNow<A, C>) {
            route<C>().lead_to(actor);
        }
    }

    std::tuple<CommandRoute<Commands>...> routes_;
};

}  // namespace tenon
