#pragma once

#include "app/bench/report/bench_report.hpp"

#include <string>
#include <vector>

namespace tenon::app {

/// How a load went.
struct BenchPlot {
    std::string title;       ///< A line.
    std::string conditions;  ///< Another, smaller.
    double steps_per_task = 1;
    std::vector<BenchCourse> courses;  ///< A line each: one for every run.
};

/// A picture as SVG: steps per second over time above, the time from submission to completion by
/// percentile below.
std::string to_svg(const BenchPlot& plot);

}  // namespace tenon::app
