#pragma once

#include "domain/deployment_mode.hpp"
#include "foundation/http/health_routes.hpp"
#include "worker/services/status/worker_status.hpp"

#include <string_view>

namespace tenon::worker {

/// Report what the worker does and has done.
struct GetWorkerStatus {
    using Reply = WorkerStatus;
    static constexpr std::string_view name = "GetWorkerStatus";
};

/// Report how the worker learns of work. Answered at once.
struct GetEventStatus {
    using Reply = EventStatus;
    static constexpr std::string_view name = "GetEventStatus";
};

/// Learn of work in this way from now on: the event-driven part on or off, or alone.
struct SetEventIntegration {
    using Reply = DeploymentMode;  ///< The one before.
    static constexpr std::string_view name = "SetEventIntegration";

    DeploymentMode mode = DeploymentMode::hybrid;
};

/// Report whether the worker can do its work. Answered at once.
struct HealthCheck {
    using Reply = HealthReport;
    static constexpr std::string_view name = "HealthCheck";
};

/// Stop the host in good order. The reply comes before it has stopped. Answered at once.
struct Shutdown {
    using Reply = bool;  ///< False when it is stopping already.
    static constexpr std::string_view name = "Shutdown";
};

}  // namespace tenon::worker
