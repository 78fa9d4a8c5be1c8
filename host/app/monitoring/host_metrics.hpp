#pragma once

#include "foundation/http/access/gatekeeper.hpp"
#include "foundation/http/router.hpp"
#include "foundation/runtime/circuit_breaker.hpp"
#include "foundation/telemetry/metrics_text.hpp"
#include "messaging/event_bus.hpp"
#include "plugin_host/reload/plugin_history.hpp"
#include "worker/worker.hpp"

#include <functional>
#include <vector>

namespace tenon::app {

/// What a host knows of itself at one moment.
struct HostMeasures {
    worker::Worker::Statistics worker{};
    std::int32_t slots = 0;  ///< 0 without the worker role.
    std::vector<CircuitBreaker::Status> breakers{};
    plugin_host::PluginHistory::Counts plugins{};
    messaging::EventBus::Statistics events{};  ///< Of the bus to subscribers of this process.
    Gatekeeper::Statistics access{};           ///< Whom HTTP let in and whom not.
    bool listening = false;
    bool stopping = false;
};

/// The families of `/metrics`, all with the prefix `tenon_`.
std::vector<MetricFamily> host_metrics(const HostMeasures& measures);

/// Adds `GET /metrics`, in Prometheus' text format. `measure` is called for each request. [setup]
void add_metrics_route(Router& router, std::function<HostMeasures()> measure);

}  // namespace tenon::app
