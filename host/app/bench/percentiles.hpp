#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace tenon::app {

/// Milliseconds at the usual ranks; all 0 when there was no sample.
struct Percentiles {
    double p50 = 0;
    double p95 = 0;
    double p99 = 0;
    double max = 0;
};

/// By the nearest rank: each is a value that was really measured.
inline Percentiles percentiles(std::vector<double> milliseconds) {
    if (milliseconds.empty()) {
        return {};
    }
    std::ranges::sort(milliseconds);
    const auto at = [&](double share) {
        const auto rank = std::ceil(share * static_cast<double>(milliseconds.size()));
        return milliseconds[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
    };
    return {.p50 = at(0.50), .p95 = at(0.95), .p99 = at(0.99), .max = milliseconds.back()};
}

}  // namespace tenon::app
