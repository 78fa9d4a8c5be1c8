#pragma once

#include "foundation/error.hpp"
#include "foundation/runtime/request.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon {

/// A message with the name that refusals and statistics give it.
template <class M>
concept Command = Message<M> && requires {
    { M::name } -> std::convertible_to<std::string_view>;
};

/// What came through one route so far.
struct CommandStatistics {
    std::string_view name;
    std::size_t in_flight = 0;
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  ///< Because the bound was reached.
};

/// The way of one kind of command to its actor, with a bound on how many are under way at once.
/// A command runs in the coroutine of whoever asks, so the route adds no hop, and a slow command
/// holds up nobody but its asker. [any-thread], but [setup] for `limit` and `lead_to`.
template <Command C>
class CommandRoute {
public:
    explicit CommandRoute(std::size_t in_flight_max) : in_flight_max_(in_flight_max) {}

    /// At most so many at once from now on.
    void limit(std::size_t in_flight_max) { in_flight_max_ = in_flight_max; }

    /// Makes `actor` answer; it must outlive the route.
    template <Handles<C> A>
    void lead_to(A& actor) {
        handle_now_ = nullptr;
        handle_ = [&actor](C command) { return actor.handle(std::move(command)); };
    }

    /// Makes `actor` answer at once.
    template <HandlesNow<C> A>
    void lead_to(A& actor) {
        handle_now_ = [&actor](C command) { return actor.handle(std::move(command)); };
    }

    /// Lets the actor answer and rethrows what it throws. Throws ErrorCode::unavailable when the
    /// bound is reached, when the route leads nowhere, and once it is closed.
    asio::awaitable<typename C::Reply> take(C command) {
        const Passage passage(*this);
        if (handle_now_) {
            co_return handle_now_(std::move(command));
        }
        co_return co_await handle_(std::move(command));
    }

    /// The same without a coroutine, on the caller's thread. Throws ErrorCode::unavailable also
    /// when the actor answers in a coroutine only.
    typename C::Reply take_now(C command) {
        const Passage passage(*this);
        if (!handle_now_) {
            throw Exception(
                {ErrorCode::unavailable,
                 std::string(C::name) + " is not answered at once; ask and wait"}
            );
        }
        return handle_now_(std::move(command));
    }

    /// Refuses every later command; those under way go on.
    void close() noexcept { closed_ = true; }

    CommandStatistics statistics() const noexcept {
        return {
            .name = C::name, .in_flight = in_flight_, .accepted = accepted_, .refused = refused_
        };
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
        if (closed_) {
            throw Exception({ErrorCode::unavailable, "the host is shutting down"});
        }
        if (!handle_ && !handle_now_) {
            throw Exception({ErrorCode::unavailable, "nobody here answers " + std::string(C::name)}
            );
        }
        if (++in_flight_ > in_flight_max_) {
            --in_flight_;
            ++refused_;
            throw Exception(
                {ErrorCode::unavailable,
                 std::to_string(in_flight_max_) + " " + std::string(C::name) +
                     " commands are under way, which is the limit; try again"}
            );
        }
        ++accepted_;
    }

    std::size_t in_flight_max_;
    std::function<asio::awaitable<typename C::Reply>(C)> handle_;
    std::function<typename C::Reply(C)> handle_now_;
    std::atomic<std::size_t> in_flight_{0};
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<bool> closed_{false};
};

}  // namespace tenon
