#include "app/bench/report/bench_json.hpp"

#include "foundation/json_text.hpp"
#include "plugin_host/isolation.hpp"

#include <fmt/format.h>
#include <thread>

namespace tenon::app {
namespace {

std::string number_or_null(const std::optional<double>& value) {
    return value ? fmt::format("{:.4f}", *value) : "null";
}

std::string percentiles_json(const Percentiles& ms) {
    return fmt::format(
        R"({{"p50":{:.3f},"p95":{:.3f},"p99":{:.3f},"max":{:.3f}}})", ms.p50, ms.p95, ms.p99, ms.max
    );
}

/// What follows the conditions: throughput, latencies, cost.
std::string figures_json(const BenchReport& report, const BenchReport& latencies) {
    return fmt::format(
        R"("tasks":{},"steps":{},"failed_tasks":{},"refused_tasks":{},"seconds":{:.4f},)"
        R"("steps_per_s":{:.1f},)"
        R"("submissions_per_s":{:.1f},"submit_ms":{},"complete_ms":{},"start_ms":{},)"
        R"("settle_ms":{},)"
        R"("commits_per_step":{:.4f},"flushes_per_step":{:.4f},)"
        R"("wal_bytes_per_step":{:.1f},"round_trips_per_step":{},"pg_cpu_us_per_step":{},)"
        R"("host_cpu_us_per_step":{},"runner_cpu_us_per_step":{},"allocations_per_step":{},)"
        R"("peak_rss_kib":{},"bare_sql_steps_per_s":{},)"
        R"("share_of_bare_sql":{})",
        report.tasks,
        report.steps,
        report.failed_tasks,
        report.refused_tasks,
        report.seconds,
        report.steps_per_s,
        report.submissions_per_s,
        percentiles_json(latencies.submit_ms),
        percentiles_json(latencies.complete_ms),
        percentiles_json(latencies.start_ms),
        percentiles_json(latencies.settle_ms),
        report.commits_per_step,
        report.flushes_per_step,
        report.wal_bytes_per_step,
        number_or_null(report.round_trips_per_step),
        number_or_null(report.pg_cpu_us_per_step),
        number_or_null(report.host_cpu_us_per_step),
        number_or_null(report.runner_cpu_us_per_step),
        number_or_null(report.allocations_per_step),
        number_or_null(report.peak_rss_kib),
        number_or_null(report.bare_sql_steps_per_s),
        number_or_null(report.share_of_bare_sql())
    );
}

std::string range_json(const Range& range) {
    return fmt::format("[{:.3f},{:.3f}]", range.least, range.most);
}

std::string ranges_json(const BenchRuns& runs) {
    return fmt::format(
        R"("runs":{},"steps_per_s_range":{},"complete_p50_range":{},"complete_p99_range":{})",
        runs.count,
        range_json(runs.steps_per_s),
        range_json(runs.complete_p50_ms),
        range_json(runs.complete_p99_ms)
    );
}

std::string conditions_json(const BenchReport& report, const BenchOptions& options) {
    return fmt::format(
        R"("template":{},"host":"{}","server":{},"cpus":{},"profile":"{}","isolation":"{}",)"
        R"("mode":"{}","via":"{}","slots":{},"lanes":{},"hosts":{},"hold_xmin":{},)"
        R"("rate":{:g},"duration_s":{:g})",
        json_quote(template_names(options)),
        options.host.database_url.empty() ? "embedded" : "running",
        json_quote(report.conditions),
        std::thread::hardware_concurrency(),
        to_string(options.host.profile),
        plugin_host::to_string(options.host.isolation.usual),
        to_string(options.host.mode),
        to_string(options.via),
        options.host.slots,
        options.host.lanes,
        options.hosts,
        options.hold_xmin,
        options.rate,
        std::chrono::duration<double>(options.duration.value_or(std::chrono::milliseconds(0)))
            .count()
    );
}

/// The rate is that since the sample before.
std::string samples_json(const BenchRuns& runs) {
    const auto& median = runs.median;
    const double per_task = static_cast<double>(median.steps) / static_cast<double>(median.tasks);
    std::string text;
    BenchSample before;
    for (const auto& sample : runs.samples) {
        text += fmt::format(
            R"({}{{"at_s":{:.1f},"steps_per_s":{:.0f},"rss_mib":{:.1f},"dead_rows":{:.0f},)"
            R"("hot_mib":{:.1f}}})",
            text.empty() ? "" : ",",
            sample.at_s,
            (sample.ended - before.ended) * per_task / (sample.at_s - before.at_s),
            sample.rss_mib,
            sample.dead_rows,
            sample.hot_mib
        );
        before = sample;
    }
    return R"("samples":[)" + text + ']';
}

}  // namespace

std::string to_json(const BenchRuns& runs, const BenchOptions& options) {
    return fmt::format(
        R"({{{},"in_flight":{},{},{},{}}})",
        conditions_json(runs.median, options),
        options.in_flight,
        ranges_json(runs),
        figures_json(runs.median, runs.median),
        samples_json(runs)
    );
}

std::string to_json(const BenchSummary& summary, const BenchOptions& options) {
    const auto whole = [](const BenchRuns& runs) {
        return ranges_json(runs) + "," + figures_json(runs.median, runs.median);
    };
    return fmt::format(
        R"({{{},{},"idle":{{{}}},"loaded":{{{}}}}})",
        conditions_json(summary.loaded.median, options),
        figures_json(summary.loaded.median, summary.idle.median),
        whole(summary.idle),
        whole(summary.loaded)
    );
}

}  // namespace tenon::app
