#pragma once

#include "foundation/error.hpp"
#include "foundation/runtime/request.hpp"
#include "orchestration/commands/command_route.hpp"
#include "orchestration/commands/orchestration_command.hpp"

#include <atomic>
#include <cstddef>
#include <tuple>
#include <utility>

namespace tenon::orchestration {

/// The one door into the orchestration role: routes every command to its actor and does nothing
/// else; if a branch appears here, it belongs in a service.
///
/// Commands run concurrently, each in its asker's coroutine. Each kind has a bound of its own, so
/// that a flood of one kind leaves the others alone; beyond it commands are refused, never queued.
/// [any-thread], but [setup] for `connect`.
class CommandProcessor {
public:
    struct Options {
        std::size_t initializations_max = 1024;  ///< Submissions under way at once.
        std::size_t queries_max = 1024;          ///< Reads under way at once.
    };

    explicit CommandProcessor(Options options);

    /// Makes `actor` answer commands of kind `M`; it must outlive the processor.
    template <Message M, Handles<M> Actor>
    void connect(Actor& actor) {
        route<M>().lead_to(actor);
    }

    /// Waits for the actor's reply and rethrows whatever it threw. Throws ErrorCode::unavailable
    /// when too many commands of this kind are under way, or after `stop`.
    template <Message M>
    asio::awaitable<typename M::Reply> ask(M message) {
        if (stopped_) {
            throw Exception({ErrorCode::unavailable, "the host is shutting down"});
        }
        co_return co_await route<M>().take(std::move(message));
    }

    /// Refuses every later command; those under way go on.
    void stop() noexcept { stopped_ = true; }

    template <Message M>
    typename CommandRoute<M>::Statistics statistics() const noexcept {
        return std::get<CommandRoute<M>>(routes_).statistics();
    }

private:
    template <Message M>
    CommandRoute<M>& route() noexcept {
        return std::get<CommandRoute<M>>(routes_);
    }

    std::tuple<CommandRoute<InitializeTask>, CommandRoute<GetTask>> routes_;
    std::atomic<bool> stopped_{false};
};

}  // namespace tenon::orchestration
