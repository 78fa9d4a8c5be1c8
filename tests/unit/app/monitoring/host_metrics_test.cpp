#include "app/monitoring/host_metrics.hpp"

#include <gmock/gmock.h>

#include <set>

namespace tenon::app {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

HostMeasures measures() {
    HostMeasures made{.slots = 16, .listening = true};
    made.worker.pump = {.calls = 5, .claimed = 9, .settled = 8, .refused = 1, .given_back = 2};
    made.worker.handlers = {
        .cancelled = 4, .timed_out = 3, .abandoned = 2, .late = 1, .replaced = 5
    };
    made.worker.permits = {{.name = "a::Rare", .limit = 2, .held = 1}};
    made.worker.running = 3;
    made.worker.events = {.dispatched = 11, .found = 10, .failed = 1, .rejected = 2};
    made.events = {.published = 12, .delivered = 13, .dropped = 14, .subscribers = 15};
    made.breakers = {{.name = "step_path", .state = CircuitState::open, .failed = 7, .opened = 1}};
    made.plugins.at(static_cast<std::size_t>(plugin_host::PluginState::active)) = 6;
    return made;
}

TEST(HostMetricsTest, SaysWhatTheHostKnows) {
    const auto text = metrics_text(host_metrics(measures()));
    for (const auto* line :
         {"tenon_steps_claimed_total 9\n",
          "tenon_steps_settled_total 8\n",
          "tenon_steps_given_back_total 2\n",
          "tenon_results_refused_total 1\n",
          "tenon_handler_slots 16\n",
          "tenon_handlers_running 3\n",
          "tenon_handler_timeouts_total 3\n",
          "tenon_handlers_given_up_total 2\n",
          "tenon_handler_permits{limit=\"a::Rare\"} 2\n",
          "tenon_handler_permits_held{limit=\"a::Rare\"} 1\n",
          "tenon_circuit_breaker_state{breaker=\"step_path\"} 2\n",
          "tenon_circuit_breaker_failures_total{breaker=\"step_path\"} 7\n",
          "tenon_plugin_transitions_total{state=\"active\"} 6\n",
          "tenon_handlers_replaced_total 5\n",
          "tenon_events_dispatched_total 11\n",
          "tenon_events_found_total 10\n",
          "tenon_events_failed_total 1\n",
          "tenon_events_rejected_total 2\n",
          "tenon_events_delivered_total 13\n",
          "tenon_events_dropped_total 14\n",
          "tenon_event_subscribers 15\n",
          "tenon_listening 1\n",
          "tenon_stopping 0\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

TEST(HostMetricsTest, NamesFollowPrometheusAndAreUnique) {
    std::set<std::string> names;
    for (const auto& family : host_metrics(measures())) {
        EXPECT_THAT(family.name, MatchesRegex("tenon_[a-z_]+"));
        EXPECT_EQ(family.name.ends_with("_total"), family.kind == MetricKind::counter)
            << family.name;
        EXPECT_FALSE(family.help.empty()) << family.name;
        EXPECT_TRUE(names.insert(family.name).second) << family.name;
    }
}

}  // namespace
}  // namespace tenon::app
