#include "app/bench/report/bench_report.hpp"

#include <algorithm>
#include <array>

namespace tenon::app {
namespace {

/// All figures of a report that are numbers on every run.
constexpr std::array plain_figures{
    &BenchReport::seconds,
    &BenchReport::steps_per_s,
    &BenchReport::commits_per_step,
    &BenchReport::flushes_per_step,
    &BenchReport::wal_bytes_per_step,
    &BenchReport::submissions_per_s,
};

constexpr std::array visible_figures{
    &BenchReport::round_trips_per_step,
    &BenchReport::pg_cpu_us_per_step,
    &BenchReport::host_cpu_us_per_step,
    &BenchReport::runner_cpu_us_per_step,
    &BenchReport::allocations_per_step,
    &BenchReport::peak_rss_kib,
    &BenchReport::bare_sql_steps_per_s,
};

constexpr std::array latencies{
    &BenchReport::complete_ms,
    &BenchReport::start_ms,
    &BenchReport::settle_ms,
    &BenchReport::submit_ms
};

constexpr std::array ranks{
    &Percentiles::p50,
    &Percentiles::p95,
    &Percentiles::p99,
    &Percentiles::max
};

template <class F>
std::vector<double> each(const std::vector<BenchReport>& reports, F figure) {
    std::vector<double> values;
    for (const auto& report : reports) {
        values.push_back(figure(report));
    }
    return values;
}

Range range_of(const std::vector<double>& values) {
    const auto [least, most] = std::ranges::minmax(values);
    return {.least = least, .most = most};
}

}  // namespace

std::string template_names(const BenchOptions& options) {
    std::string names;
    for (const auto& workload : options.workloads) {
        const auto version = workload.version.empty() ? "" : "@" + workload.version;
        names += (names.empty() ? "" : " + ") + workload.namespace_name + "/" + workload.name;
        names += version;
    }
    return names;
}

BenchRuns summarise(const std::vector<BenchReport>& reports) {
    BenchRuns runs;
    runs.median = reports.front();
    runs.count = reports.size();
    auto& middle = runs.median;
    for (const auto figure : plain_figures) {
        middle.*figure = median(each(reports, [&](const auto& of) { return of.*figure; }));
    }
    for (const auto figure : visible_figures) {
        if (std::ranges::all_of(reports, [&](const auto& of) {
                return (of.*figure).has_value();
            })) {
            middle.*figure = median(each(reports, [&](const auto& of) { return *(of.*figure); }));
        }
    }
    for (const auto latency : latencies) {
        for (const auto rank : ranks) {
            middle.*latency.*rank =
                median(each(reports, [&](const auto& of) { return of.*latency.*rank; }));
        }
    }
    middle.failed_tasks = 0;
    middle.refused_tasks = 0;
    for (const auto& report : reports) {
        middle.failed_tasks += report.failed_tasks;
        middle.refused_tasks += report.refused_tasks;
    }
    runs.steps_per_s = range_of(each(reports, [](const auto& of) { return of.steps_per_s; }));
    runs.complete_p50_ms =
        range_of(each(reports, [](const auto& of) { return of.complete_ms.p50; }));
    runs.complete_p99_ms =
        range_of(each(reports, [](const auto& of) { return of.complete_ms.p99; }));
    return runs;
}

}  // namespace tenon::app
