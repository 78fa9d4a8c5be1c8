#pragma once

#include "app/bench/bench_options.hpp"

namespace tenon::app {

/// Measures what was asked for, prints the report on the standard output and writes the plot.
/// `both_ends`: one task at a time, then all at once. Returns the exit code.
int run_bench(const BenchOptions& options, bool both_ends);

}  // namespace tenon::app
