#pragma once

#include "app/bench/report/bench_report.hpp"

#include <string>

namespace tenon::app {

/// What a backlog makes of the figures: with it, divided by without it.
struct BacklogChange {
    double steps_per_s = 1;
    double start_p99 = 1;
    double settle_p99 = 1;
    double complete_p99 = 1;
    double pg_cpu = 1;  ///< Of PostgreSQL for a step; 1 where it cannot be seen.
};

/// The two loads that one outcome is read from; the same one twice when there was only one.
struct BacklogSide {
    const BenchReport& latencies;
    const BenchReport& throughput;
};

BacklogChange compare(const BacklogSide& empty, const BacklogSide& filled);

std::string to_json(const BacklogChange& change);

/// A line for each figure.
std::string to_table(const BacklogChange& change);

}  // namespace tenon::app
