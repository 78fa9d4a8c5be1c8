#pragma once

#include "app/bench/report/bench_report.hpp"

#include <string>

namespace tenon::app {

/// One JSON object on one line.
std::string to_json(const BenchRuns& runs, const BenchOptions& options);

/// One JSON object on one line: latencies are the idle host's, throughput and cost the loaded
/// one's; `idle` and `loaded` hold everything of either.
std::string to_json(const BenchSummary& summary, const BenchOptions& options);

}  // namespace tenon::app
