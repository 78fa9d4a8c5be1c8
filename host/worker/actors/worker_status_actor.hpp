#pragma once

#include "worker/commands/worker_status_command.hpp"
#include "worker/services/status/worker_status_service.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::worker {

namespace asio = boost::asio;

/// Owns what the worker says about itself, the way it learns of work, and its end. [any-thread]
class WorkerStatusActor {
public:
    /// The service must outlive the actor.
    explicit WorkerStatusActor(WorkerStatusService& status) : status_(status) {}

    static std::string_view name() noexcept { return "WorkerStatusActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<WorkerStatus> handle(GetWorkerStatus /*command*/) { return status_.status(); }

    EventStatus handle(GetEventStatus /*command*/) { return status_.events(); }

    asio::awaitable<DeploymentMode> handle(SetEventIntegration command) {
        return status_.set_mode(command.mode);
    }

    HealthReport handle(HealthCheck /*command*/) { return status_.health(); }

    bool handle(Shutdown /*command*/) { return status_.shut_down(); }

private:
    WorkerStatusService& status_;
};

}  // namespace tenon::worker
