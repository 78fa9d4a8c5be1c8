#pragma once

#include "database/repositories/queues/queue_repository.hpp"
#include "foundation/http/health_routes.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "worker/dispatch/handler_pool.hpp"
#include "worker/dispatch/running_steps.hpp"
#include "worker/services/status/worker_status.hpp"
#include "worker/services/step_execution/queue_watch.hpp"
#include "worker/services/step_pump.hpp"
#include "worker/services/template_cache.hpp"
#include "worker/services/templates/template_refresh_service.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <functional>

namespace tenon::worker {

namespace asio = boost::asio;

/// What of the host around it a worker can be asked for. Each may be empty. [any-thread]
struct HostControls {
    std::function<WorkerEventStatistics()> events;
    std::function<HealthReport()> event_health;
    std::function<DeploymentMode(DeploymentMode)> set_mode;  ///< Returns the one before. Blocks.
    std::function<void()> shut_down;                         ///< Only begins it.
};

/// What the worker says about itself. [any-thread]
class WorkerStatusService {
public:
    struct Needs {
        HostId host_id{};
        DispatchProfile profile = DispatchProfile::direct;
        StepPump& pump;
        RunningSteps& running;
        HandlerPool& handlers;
        TemplateCache& cache;
        TemplateRefreshService& templates;
        QueueWatch& queues;
        database::QueueRepository& messages;
        BlockingPool& threads;
        std::function<std::vector<std::string>()> actors;
        std::function<std::vector<CommandStatistics>()> commands;
        HostControls host;
    };

    explicit WorkerStatusService(Needs needs) : needs_(std::move(needs)) {}

    /// Everything. Asks the database what waits on the queues; while that is away, leaves it out.
    asio::awaitable<WorkerStatus> status();

    EventStatus events() const;

    /// Throws ErrorCode::unavailable where the mode cannot be changed.
    asio::awaitable<DeploymentMode> set_mode(DeploymentMode mode);

    /// Unhealthy when it takes no steps, otherwise as its event system.
    HealthReport health() const;

    /// False when somebody asked before.
    bool shut_down();

private:
    using Clock = std::chrono::steady_clock;

    std::vector<NamespaceStatus> namespaces_now() const;

    const Needs needs_;
    const Clock::time_point since_ = Clock::now();
    std::atomic<bool> stopping_{false};
};

}  // namespace tenon::worker
