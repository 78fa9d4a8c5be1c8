#pragma once

#include "foundation/error.hpp"
#include "foundation/runtime/request.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace tenon::orchestration {

/// The way of one kind of command to its actor, with a bound on how many are under way at once.
/// A command runs in the coroutine of whoever asks, so the route adds no hop, and a slow command
/// holds up nobody but its asker. [any-thread], but [setup] for `lead_to`.
template <Message M>
class CommandRoute {
public:
    struct Options {
        std::string name;  ///< What a refusal calls the command.
        std::size_t in_flight_max = 0;
    };

    struct Statistics {
        std::size_t in_flight = 0;
        std::uint64_t accepted = 0;
        std::uint64_t refused = 0;  ///< Because the bound was reached.
    };

    explicit CommandRoute(Options options) : options_(std::move(options)) {}

    /// Makes `actor` answer; it must outlive the route.
    template <Handles<M> Actor>
    void lead_to(Actor& actor) {
        handle_ = [&actor](M message) { return actor.handle(std::move(message)); };
    }

    /// Lets the actor answer and rethrows what it throws. Throws ErrorCode::unavailable at once
    /// when the bound is reached or the route leads nowhere.
    asio::awaitable<typename M::Reply> take(M message) {
        const Passage passage(*this);
        co_return co_await handle_(std::move(message));
    }

    Statistics statistics() const noexcept {
        return {.in_flight = in_flight_, .accepted = accepted_, .refused = refused_};
    }

private:
    /// One command on its way: counted for exactly as long as it lives.
    class Passage {
    public:
        explicit Passage(CommandRoute& route) : route_(route) { route_.admit(); }

        ~Passage() { --route_.in_flight_; }

        Passage(const Passage&) = delete;
        Passage& operator=(const Passage&) = delete;

    private:
        CommandRoute& route_;
    };

    void admit() {
        if (!handle_) {
            throw Exception({ErrorCode::unavailable, "nobody here answers " + options_.name});
        }
        if (++in_flight_ > options_.in_flight_max) {
            --in_flight_;
            ++refused_;
            throw Exception(
                {ErrorCode::unavailable,
                 std::to_string(options_.in_flight_max) + " " + options_.name +
                     " commands are under way, which is the limit; try again"}
            );
        }
        ++accepted_;
    }

    const Options options_;
    std::function<asio::awaitable<typename M::Reply>(M)> handle_;
    std::atomic<std::size_t> in_flight_{0};
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<std::uint64_t> refused_{0};
};

}  // namespace tenon::orchestration
