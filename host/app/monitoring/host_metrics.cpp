#include "app/monitoring/host_metrics.hpp"

#include "app/fleet/process_usage.hpp"
#include "app/version.hpp"

#include <string>
#include <utility>

namespace tenon::app {
namespace {

class Families {
public:
    void count(std::string name, std::string help, std::uint64_t value) {
        add(std::move(name), MetricKind::counter, std::move(help), static_cast<double>(value));
    }

    void gauge(std::string name, std::string help, double value) {
        add(std::move(name), MetricKind::gauge, std::move(help), value);
    }

    MetricFamily& family(std::string name, MetricKind kind, std::string help) {
        families_.push_back({.name = std::move(name), .kind = kind, .help = std::move(help)});
        return families_.back();
    }

    std::vector<MetricFamily> take() && { return std::move(families_); }

private:
    void add(std::string name, MetricKind kind, std::string help, double value) {
        family(std::move(name), kind, std::move(help)).samples.push_back({.value = value});
    }

    std::vector<MetricFamily> families_;
};

void add_access(Families& to, const Gatekeeper::Statistics& access) {
    to.count("tenon_auth_requests_total", "Requests with good credentials.", access.authenticated);
    to.count(
        "tenon_auth_failures_total",
        "Requests with bad credentials, or none where they are needed.",
        access.failed
    );
    to.count("tenon_permission_denials_total", "Requests without the permission.", access.denied);
    to.count("tenon_api_requests_limited_total", "Requests that came too fast.", access.limited);
}

void add_plugins(Families& to, const plugin_host::PluginHistory::Counts& counts) {
    auto& family = to.family(
        "tenon_plugin_transitions_total",
        MetricKind::counter,
        "Builds of plugins that entered a state."
    );
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto state = static_cast<plugin_host::PluginState>(i);
        family.samples.push_back(
            {.value = static_cast<double>(counts.at(i)),
             .labels = {{"state", std::string(to_string(state))}}}
        );
    }
}

void add_step_path(Families& to, const worker::StepPump::Statistics& pump) {
    to.count("tenon_step_path_calls_total", "Round trips on the step path.", pump.calls);
    to.count("tenon_steps_claimed_total", "Steps that this host claimed.", pump.claimed);
    to.count(
        "tenon_steps_settled_total",
        "Attempts whose end the database took, given back ones included.",
        pump.settled
    );
    to.count(
        "tenon_steps_given_back_total",
        "Claimed steps that went back, their attempts not counted.",
        pump.given_back
    );
    to.count(
        "tenon_claims_surplus_total",
        "Claims beyond what a handler's limit allows; they went back.",
        pump.surplus
    );
    to.count(
        "tenon_results_refused_total",
        "Results of attempts that were no longer this host's.",
        pump.refused
    );
    to.count(
        "tenon_step_path_reconnects_total",
        "Connections of the step path that were made anew.",
        pump.reconnects
    );
}

void add_handlers(Families& to, const HostMeasures& measures) {
    const auto& worker = measures.worker;
    to.gauge("tenon_handler_slots", "Handlers that may run at once.", measures.slots);
    to.gauge("tenon_handlers_running", "Handlers at work.", static_cast<double>(worker.running));
    to.count(
        "tenon_handlers_cancelled_total",
        "Handlers that were asked to stop.",
        worker.handlers.cancelled
    );
    to.count(
        "tenon_handler_timeouts_total", "Of these, those at a limit.", worker.handlers.timed_out
    );
    to.count(
        "tenon_handlers_given_up_total",
        "Of these, those that did not stop.",
        worker.handlers.abandoned
    );
    to.count(
        "tenon_handlers_late_total", "Of these, those that ended after all.", worker.handlers.late
    );
    to.count(
        "tenon_handlers_replaced_total",
        "Of these, those whose build was replaced.",
        worker.handlers.replaced
    );
    auto& limits =
        to.family("tenon_handler_permits", MetricKind::gauge, "Calls that a limit allows at once.");
    for (const auto& permit : worker.permits) {
        limits.samples.push_back(
            {.value = static_cast<double>(permit.limit), .labels = {{"limit", permit.name}}}
        );
    }
    auto& held = to.family(
        "tenon_handler_permits_held", MetricKind::gauge, "Calls under a limit that run or wait."
    );
    for (const auto& permit : worker.permits) {
        held.samples.push_back(
            {.value = static_cast<double>(permit.held), .labels = {{"limit", permit.name}}}
        );
    }
}

void add_events(Families& to, const HostMeasures& measures) {
    const auto& steps = measures.worker.events;
    to.count(
        "tenon_events_dispatched_total",
        "Events of steps of this host for subscribers.",
        steps.dispatched
    );
    to.count("tenon_events_found_total", "Of these, those that found one here.", steps.found);
    to.count("tenon_events_failed_total", "Of these, those that were lost.", steps.failed);
    to.count(
        "tenon_events_rejected_total",
        "Events that were not published, each with its reason in the log.",
        steps.rejected
    );
    const auto& bus = measures.events;
    to.gauge(
        "tenon_event_subscribers",
        "Open subscriptions of this host.",
        static_cast<double>(bus.subscribers)
    );
    to.count(
        "tenon_events_delivered_total",
        "Events put into a subscriber's queue, once for each subscriber.",
        bus.delivered
    );
    to.count(
        "tenon_events_dropped_total",
        "Events for which a subscriber's queue had no room.",
        bus.dropped
    );
}

void add_breakers(Families& to, const std::vector<CircuitBreaker::Status>& breakers) {
    const auto add = [&](const char* name, MetricKind kind, const char* help, auto value_of) {
        auto& family = to.family(name, kind, help);
        for (const auto& breaker : breakers) {
            family.samples.push_back(
                {.value = static_cast<double>(value_of(breaker)),
                 .labels = {{"breaker", breaker.name}}}
            );
        }
    };
    add("tenon_circuit_breaker_state",
        MetricKind::gauge,
        "0 closed, 1 half open, 2 open.",
        [](const auto& breaker) { return static_cast<int>(breaker.state); });
    add("tenon_circuit_breaker_failures_total",
        MetricKind::counter,
        "Calls that failed.",
        [](const auto& breaker) { return breaker.failed; });
    add("tenon_circuit_breaker_opened_total",
        MetricKind::counter,
        "How often it opened.",
        [](const auto& breaker) { return breaker.opened; });
    add("tenon_circuit_breaker_refused_total",
        MetricKind::counter,
        "Calls that were not let through.",
        [](const auto& breaker) { return breaker.refused; });
}

}  // namespace

std::vector<MetricFamily> host_metrics(const HostMeasures& measures) {
    Families to;
    add_step_path(to, measures.worker.pump);
    add_handlers(to, measures);
    add_events(to, measures);
    add_breakers(to, measures.breakers);
    add_plugins(to, measures.plugins);
    add_access(to, measures.access);
    to.gauge("tenon_listening", "1 while notifications arrive.", measures.listening ? 1 : 0);
    to.gauge("tenon_stopping", "1 once the host is to stop.", measures.stopping ? 1 : 0);
    to.family("tenon_process_cpu_seconds_total", MetricKind::counter, "CPU time of this process.")
        .samples.push_back({.value = std::chrono::duration<double>(process_cpu_time()).count()});
    to.family("tenon_build_info", MetricKind::gauge, "Always 1.")
        .samples.push_back({.value = 1, .labels = {{"version", std::string(version)}}});
    return std::move(to).take();
}

void add_metrics_route(Router& router, std::function<HostMeasures()> measure) {
    const auto answer = [](HostMeasures measures) -> asio::awaitable<HttpResponse> {
        co_return HttpResponse{
            .content_type = metrics_media_type, .body = metrics_text(host_metrics(measures))
        };
    };
    router.add(
        {.method = "GET",
         .pattern = "/metrics",
         .access = Permission::system_metrics_read,
         .handler = [answer,
                     measure =
                         std::move(measure)](const HttpRequest&) { return answer(measure()); },
         .revalidated = false}
    );
}

}  // namespace tenon::app
