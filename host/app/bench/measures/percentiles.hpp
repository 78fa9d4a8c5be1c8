#pragma once

#include <algorithm>
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

/// The least and the greatest of some measurements.
struct Range {
    double least = 0;
    double most = 0;
};

/// The middle one; of an even number the lower of the two in the middle, which was measured. 0 of
/// none.
inline double median(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace tenon::app
