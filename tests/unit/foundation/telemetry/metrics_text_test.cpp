#include "foundation/telemetry/metrics_text.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(MetricsTextTest, IsPrometheusText) {
    const std::vector<MetricFamily> families{
        {.name = "tenon_steps_claimed_total",
         .kind = MetricKind::counter,
         .help = "Steps.",
         .samples = {{.value = 7}}},
        {.name = "tenon_state",
         .kind = MetricKind::gauge,
         .help = "What is.",
         .samples =
             {{.value = 2, .labels = {{"breaker", "a \"b\"\n"}}},
              {.value = 0.5, .labels = {{"breaker", "c"}}}}},
    };
    EXPECT_EQ(
        metrics_text(families),
        "# HELP tenon_steps_claimed_total Steps.\n"
        "# TYPE tenon_steps_claimed_total counter\n"
        "tenon_steps_claimed_total 7\n"
        "# HELP tenon_state What is.\n"
        "# TYPE tenon_state gauge\n"
        "tenon_state{breaker=\"a \\\"b\\\"\\n\"} 2\n"
        "tenon_state{breaker=\"c\"} 0.5\n"
    );
}

}  // namespace
}  // namespace tenon
