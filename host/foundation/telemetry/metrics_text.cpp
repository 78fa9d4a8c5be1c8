#include "foundation/telemetry/metrics_text.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sstream>

namespace tenon {
namespace {

prometheus::ClientMetric to_client_metric(const MetricSample& sample, MetricKind kind) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) {
        metric.label.push_back({name, value});
    }
    (kind == MetricKind::counter ? metric.counter.value : metric.gauge.value) = sample.value;
    return metric;
}

}  // namespace

std::string metrics_text(const std::vector<MetricFamily>& families) {
    std::vector<prometheus::MetricFamily> all;
    for (const auto& family : families) {
        auto& made = all.emplace_back();
        made.name = family.name;
        made.help = family.help;
        made.type = family.kind == MetricKind::counter ? prometheus::MetricType::Counter
                                                       : prometheus::MetricType::Gauge;
        for (const auto& sample : family.samples) {
            made.metric.push_back(to_client_metric(sample, family.kind));
        }
    }
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, all);
    return text.str();
}

}  // namespace tenon
