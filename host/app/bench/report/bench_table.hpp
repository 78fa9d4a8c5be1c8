#pragma once

#include "app/bench/report/bench_report.hpp"

#include <string>

namespace tenon::app {

/// A table for people, with the conditions it was measured under.
std::string to_table(const BenchRuns& runs, const BenchOptions& options);
std::string to_table(const BenchSummary& summary, const BenchOptions& options);

}  // namespace tenon::app
