#pragma once

#include "app/bench/bench_options.hpp"
#include "app/bench/measures/latency_histogram.hpp"
#include "app/bench/measures/percentiles.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::app {

/// What was measured. Everything per step divides by the steps of the measured tasks; what could
/// not be observed from here is absent, never 0.
struct BenchReport {
    std::string conditions;  ///< The server's, in words.
    std::int64_t tasks = 0;
    std::int64_t steps = 0;
    std::int64_t failed_tasks = 0;
    std::int64_t refused_tasks = 0;  ///< The host was too busy for them.
    double seconds = 0;              ///< First submission → last end.
    double steps_per_s = 0;
    double submissions_per_s = 0;  ///< Tasks, while they were submitted.
    Percentiles submit_ms;         ///< Submission due → answered.
    Percentiles complete_ms;       ///< Submission → end committed.
    Percentiles start_ms;          ///< Submission → first handler begins.
    Percentiles settle_ms;         ///< Of every step: handler begins → its result committed.
    double commits_per_step = 0;   ///< Of the whole database, submissions included.
    double flushes_per_step = 0;
    double wal_bytes_per_step = 0;
    std::optional<double> round_trips_per_step;  ///< Calls of the workers on the step path.
    std::optional<double> pg_cpu_us_per_step;
    std::optional<double> host_cpu_us_per_step;
    std::optional<double> runner_cpu_us_per_step;  ///< Of the processes of isolated plugins.
    std::optional<double> allocations_per_step;    ///< In the host, by C++.
    std::optional<double> peak_rss_kib;  ///< Of the hosts that the benchmark started, itself one.
    std::optional<double> bare_sql_steps_per_s;  ///< The same load without a host.

    /// What share of the database's own limit was reached.
    std::optional<double> share_of_bare_sql() const {
        return bare_sql_steps_per_s ? std::optional(steps_per_s / *bare_sql_steps_per_s)
                                    : std::nullopt;
    }
};

/// How things stood at a moment.
struct BenchSample {
    double at_s = 0;
    double ended = 0;  ///< Tasks so far.
    double rss_mib = 0;
    double dead_rows = 0;  ///< Of the tables of the step path.
    double hot_mib = 0;    ///< What these take with their indexes.
};

/// What does not fit into a number: for plots.
struct BenchCourse {
    std::vector<double> ended;  ///< Tasks that had ended, after each `interval`.
    LatencyHistogram complete;  ///< Submission → end, of every task.
    std::chrono::milliseconds interval{200};
    std::vector<BenchSample> samples;  ///< Of a run with a duration.
};

/// The same load several times: for each figure the median, and of the most watched ones the range.
struct BenchRuns {
    BenchReport median;
    Range steps_per_s{};
    Range complete_p50_ms{};
    Range complete_p99_ms{};
    std::size_t count = 0;
    std::vector<BenchSample> samples;  ///< Of the last run, where it had a duration.
};

/// The templates of the tasks, as people write them.
std::string template_names(const BenchOptions& options);

/// `reports` has at least one.
BenchRuns summarise(const std::vector<BenchReport>& reports);

/// The two ends of the scale, which no single load shows: how fast one task is when the host has
/// nothing else to do, and how many steps it does when it has more than it can.
struct BenchSummary {
    BenchRuns idle;    ///< One task at a time.
    BenchRuns loaded;  ///< All tasks submitted at once.
};

}  // namespace tenon::app
