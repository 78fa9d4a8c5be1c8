#pragma once

#include "domain/deployment_mode.hpp"
#include "foundation/runtime/alarm.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

namespace tenon::messaging {

namespace asio = boost::asio;

/// How often somebody looks who was not rung for.
struct PollingPace {
    std::chrono::milliseconds shortest;  ///< After a look that found something.
    std::chrono::milliseconds longest;   ///< After many that did not.

    friend bool operator==(const PollingPace&, const PollingPace&) = default;
};

/// The pace of a mode. `longest` is the interval that was configured for it, if one was. Without a
/// listener everybody polls, whatever the mode.
PollingPace pace_of(
    DeploymentMode mode,
    bool listening,
    std::optional<std::chrono::milliseconds> longest = std::nullopt
);

/// Looks for work that no bell announced: soon again while there is some, ever more seldom while
/// there is none. A look that throws is logged and counts as one that found nothing. [any-thread]
class FallbackPoller {
public:
    /// Looks once; true when it found what nobody had announced.
    using Look = std::function<asio::awaitable<bool>()>;

    struct Statistics {
        std::uint64_t looks = 0;
        std::uint64_t found = 0;
        std::uint64_t failed = 0;
        std::chrono::milliseconds interval{};  ///< Until the next look, as of the last one.
    };

    FallbackPoller(const asio::any_io_executor& executor, PollingPace pace, Look look);

    /// Looks at once, then at its pace, until it is cancelled.
    asio::awaitable<void> run();

    /// Takes effect at once.
    void set_pace(PollingPace pace);

    /// Looks as soon as it can: something may have been missed.
    void look_now() { alarm_.ring(); }

    Statistics statistics() const;

private:
    asio::awaitable<bool> try_to_look();
    std::chrono::milliseconds next_interval(bool found);

    const Look look_;
    Alarm alarm_;
    mutable std::mutex mutex_;  // Guards the pace, which others set, and what they ask about.
    PollingPace pace_;
    Statistics statistics_;
    bool failing_ = false;  ///< An outage is logged once.
};

}  // namespace tenon::messaging
