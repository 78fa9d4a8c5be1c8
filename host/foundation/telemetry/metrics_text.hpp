#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

/// One measured value, with what tells it from the others of its family.
struct MetricSample {
    double value = 0;

    /// Of few different values. The initializer is for callers who leave it out among designated
    /// ones.
    // NOLINTNEXTLINE(readability-redundant-member-init)
    std::vector<std::pair<std::string, std::string>> labels{};
};

enum class MetricKind : std::uint8_t {
    counter,  ///< Only grows, from the start of what it counts.
    gauge,
};

/// All samples of one name. Counters end in `_total`; units are base units.
struct MetricFamily {
    std::string name;
    MetricKind kind = MetricKind::gauge;
    std::string help;
    // NOLINTNEXTLINE(readability-redundant-member-init)
    std::vector<MetricSample> samples{};
};

/// The media type of `metrics_text`.
inline constexpr auto metrics_media_type = "text/plain; version=0.0.4; charset=utf-8";

/// The families in Prometheus' text format.
std::string metrics_text(const std::vector<MetricFamily>& families);

}  // namespace tenon
