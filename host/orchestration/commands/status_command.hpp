#pragma once

#include "domain/deployment_mode.hpp"
#include "domain/messages/batch_report.hpp"
#include "foundation/http/health_routes.hpp"
#include "foundation/runtime/command_route.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::orchestration {

/// What came of one queue so far.
struct QueueStatistics {
    std::string queue;
    std::uint64_t rings = 0;   ///< Times that a bell announced work.
    std::uint64_t drains = 0;  ///< Times that it was read until it was empty.
    std::uint64_t failed = 0;  ///< Drains that ended by an exception.
    std::string failure;       ///< Of the last drain; empty when it went well.
    BatchReport messages;
};

/// What an event system has seen.
struct EventStatistics {
    DeploymentMode mode = DeploymentMode::hybrid;
    bool running = false;
    bool listening = false;       ///< Bells are heard.
    std::uint64_t polls = 0;      ///< Looks at all queues that no bell asked for.
    std::uint64_t surprises = 0;  ///< Polls that found what no bell had announced.
    std::uint64_t released = 0;   ///< Steps whose time had come.
    std::vector<QueueStatistics> queues;
};

/// Everything that the role counts.
struct ProcessingStats {
    std::vector<CommandStatistics> commands;
    EventStatistics events;
};

/// Report what the role has done since it started.
struct GetProcessingStats {
    using Reply = ProcessingStats;
    static constexpr std::string_view name = "GetProcessingStats";
};

/// Report whether the role can do its work.
struct HealthCheck {
    using Reply = HealthReport;
    static constexpr std::string_view name = "HealthCheck";
};

/// Stop the host in good order. The reply comes before it has stopped.
struct Shutdown {
    using Reply = bool;  ///< False when it is stopping already.
    static constexpr std::string_view name = "Shutdown";
};

}  // namespace tenon::orchestration
