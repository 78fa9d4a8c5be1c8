#include "worker/services/status/worker_status_service.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/queue_names.hpp"

#include <exception>
#include <utility>

namespace tenon::worker {

asio::awaitable<WorkerStatus> WorkerStatusService::status() {
    auto ask = [this] { return namespaces_now(); };
    auto namespaces = co_await needs_.threads.run(std::move(ask));
    const auto& inbox = needs_.pump.inbox();
    WorkerStatus status;
    status.host = needs_.host_id;
    status.profile = needs_.profile;
    status.takes_steps = inbox.takes_steps();
    status.uptime = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - since_);
    status.slots = inbox.slots();
    status.taken_slots = inbox.taken_slots();
    status.running_handlers = needs_.running.size();
    status.handler_threads = needs_.handlers.thread_count();
    status.pump = needs_.pump.statistics();
    status.handlers = needs_.running.statistics();
    status.actors = needs_.actors();
    status.commands = needs_.commands();
    status.namespaces = std::move(namespaces);
    status.events = events();
    status.cached_templates = needs_.cache.size();
    status.left_to_others = needs_.pump.refused();
    status.templates = needs_.templates.report();
    co_return status;
}

EventStatus WorkerStatusService::events() const {
    const auto& events = needs_.host.events;
    return {
        .events = events ? events() : WorkerEventStatistics{},
        .discovery = needs_.pump.inbox().discovery()
    };
}

asio::awaitable<DeploymentMode> WorkerStatusService::set_mode(DeploymentMode mode) {
    if (!needs_.host.set_mode) {
        throw Exception({ErrorCode::unavailable, "the mode of this worker cannot be changed"});
    }
    auto work = [this, mode] { return needs_.host.set_mode(mode); };
    co_return co_await needs_.threads.run(std::move(work));
}

HealthReport WorkerStatusService::health() const {
    const auto& inbox = needs_.pump.inbox();
    if (!inbox.takes_steps()) {
        return {.status = HealthStatus::unhealthy, .message = "it takes no more steps"};
    }
    if (needs_.host.event_health) {
        if (auto report = needs_.host.event_health(); report.status != HealthStatus::healthy) {
            return report;
        }
    }
    return {
        .status = HealthStatus::healthy,
        .message = std::to_string(inbox.taken_slots()) + " of " + std::to_string(inbox.slots()) +
                   " handler slots are taken"
    };
}

bool WorkerStatusService::shut_down() {
    const bool first = !stopping_.exchange(true);
    if (first && needs_.host.shut_down) {
        needs_.host.shut_down();
    }
    return first;
}

std::vector<NamespaceStatus> WorkerStatusService::namespaces_now() const {
    std::vector<NamespaceStatus> namespaces;
    try {
        for (const auto& name : needs_.queues.namespaces()) {
            namespaces.push_back({.name = name, .oldest = std::nullopt});
        }
        std::vector<std::string> queues;
        for (const auto& known : namespaces) {
            queues.push_back(messaging::namespace_queue(known.name));
        }
        const auto depths = needs_.messages.depths(queues);
        for (std::size_t i = 0; i < depths.size(); ++i) {
            namespaces.at(i).waiting = depths[i].waiting;
            namespaces.at(i).oldest = depths[i].oldest;
        }
    } catch (const std::exception& error) {
        log::warning("worker", error.what());
    }
    return namespaces;
}

}  // namespace tenon::worker
