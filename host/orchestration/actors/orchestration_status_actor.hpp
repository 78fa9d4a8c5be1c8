#pragma once

#include "orchestration/commands/status_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <functional>
#include <string_view>
#include <utility>

namespace tenon::orchestration {

namespace asio = boost::asio;

/// Owns what the role says about itself, and its end. [any-thread]
class OrchestrationStatusActor {
public:
    /// Where the answers come from; none may be empty.
    struct Sources {
        std::function<ProcessingStats()> statistics;
        std::function<HealthReport()> health;
        std::function<void()> shut_down;  ///< Only begins the shutdown.
    };

    explicit OrchestrationStatusActor(Sources sources) : sources_(std::move(sources)) {}

    static std::string_view name() noexcept { return "OrchestrationStatusActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<ProcessingStats> handle(GetProcessingStats /*command*/) {
        co_return sources_.statistics();
    }

    asio::awaitable<HealthReport> handle(HealthCheck /*command*/) { co_return sources_.health(); }

    asio::awaitable<bool> handle(Shutdown /*command*/) {
        const bool first = !stopping_.exchange(true);
        if (first) {
            sources_.shut_down();
        }
        co_return first;
    }

private:
    const Sources sources_;
    std::atomic<bool> stopping_{false};
};

}  // namespace tenon::orchestration
