#include "app/bench/report/bench_report.hpp"

#include "foundation/json_text.hpp"
#include "plugin_host/isolation.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
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

std::string load_name(const BenchOptions& options) {
    const auto until =
        options.duration
            ? fmt::format(" for {:g} s", std::chrono::duration<double>(*options.duration).count())
            : "";
    if (options.rate > 0) {
        return fmt::format("{:g} tasks a second{}", options.rate, until);
    }
    if (options.in_flight == 0) {
        return "all submitted at once";
    }
    return options.in_flight == 1 ? "one task at a time" + until
                                  : fmt::format("{} tasks in flight{}", options.in_flight, until);
}

std::string_view via_name(const BenchOptions& options) {
    if (options.host.mode == DeploymentMode::polling_only) {
        return "submitted by SQL, the host told nothing";
    }
    switch (options.via) {
        case Via::wake: return "submitted by SQL, the host told within the process";
        case Via::sql: return "submitted by SQL with NOTIFY";
    }
    return "";
}

std::string cost_line(
    std::string_view name,
    const std::optional<double>& value,
    std::string_view unit
) {
    const auto text = value ? fmt::format("{:.3f}", *value) : "not visible";
    return fmt::format("  {:<26} {:>12} {}\n", name, text, unit);
}

std::string latency_line(std::string_view name, const Percentiles& ms) {
    return fmt::format(
        "  {:<26} {:>9.2f} {:>9.2f} {:>9.2f} {:>9.2f}\n", name, ms.p50, ms.p95, ms.p99, ms.max
    );
}

std::string throughput_lines(const BenchRuns& runs) {
    auto text = fmt::format("  {:<26} {:>12.0f}", "steps per second", runs.median.steps_per_s);
    if (runs.count > 1) {
        text += fmt::format(
            "   median of {} runs, {:.0f} to {:.0f}",
            runs.count,
            runs.steps_per_s.least,
            runs.steps_per_s.most
        );
    }
    text += '\n';
    if (const auto share = runs.median.share_of_bare_sql()) {
        text += fmt::format(
            "  {:<26} {:>12.0f}   of which the host reaches {:.0f} %\n",
            "the same by bare SQL",
            *runs.median.bare_sql_steps_per_s,
            *share * 100
        );
    }
    return text + '\n';
}

/// What follows the conditions: throughput, latencies, cost.
std::string figures_json(const BenchReport& report, const BenchReport& latencies) {
    return fmt::format(
        R"("tasks":{},"steps":{},"failed_tasks":{},"seconds":{:.4f},"steps_per_s":{:.1f},)"
        R"("complete_ms":{},"start_ms":{},"settle_ms":{},)"
        R"("commits_per_step":{:.4f},"flushes_per_step":{:.4f},)"
        R"("wal_bytes_per_step":{:.1f},"round_trips_per_step":{},"pg_cpu_us_per_step":{},)"
        R"("host_cpu_us_per_step":{},"peak_rss_kib":{},"bare_sql_steps_per_s":{},)"
        R"("share_of_bare_sql":{})",
        report.tasks,
        report.steps,
        report.failed_tasks,
        report.seconds,
        report.steps_per_s,
        percentiles_json(latencies.complete_ms),
        percentiles_json(latencies.start_ms),
        percentiles_json(latencies.settle_ms),
        report.commits_per_step,
        report.flushes_per_step,
        report.wal_bytes_per_step,
        number_or_null(report.round_trips_per_step),
        number_or_null(report.pg_cpu_us_per_step),
        number_or_null(report.host_cpu_us_per_step),
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
        R"("mode":"{}","via":"{}","slots":{},"lanes":{},"rate":{:g})",
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
        options.rate
    );
}

/// All figures of a report that are numbers on every run.
constexpr std::array plain_figures{
    &BenchReport::seconds,
    &BenchReport::steps_per_s,
    &BenchReport::commits_per_step,
    &BenchReport::flushes_per_step,
    &BenchReport::wal_bytes_per_step,
};

constexpr std::array visible_figures{
    &BenchReport::round_trips_per_step,
    &BenchReport::pg_cpu_us_per_step,
    &BenchReport::host_cpu_us_per_step,
    &BenchReport::peak_rss_kib,
    &BenchReport::bare_sql_steps_per_s,
};

constexpr std::array latencies{
    &BenchReport::complete_ms,
    &BenchReport::start_ms,
    &BenchReport::settle_ms
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
    BenchRuns runs{.median = reports.front(), .count = reports.size()};
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
    for (const auto& report : reports) {
        middle.failed_tasks += report.failed_tasks;
    }
    runs.steps_per_s = range_of(each(reports, [](const auto& of) { return of.steps_per_s; }));
    runs.complete_p50_ms =
        range_of(each(reports, [](const auto& of) { return of.complete_ms.p50; }));
    runs.complete_p99_ms =
        range_of(each(reports, [](const auto& of) { return of.complete_ms.p99; }));
    return runs;
}

std::string to_json(const BenchRuns& runs, const BenchOptions& options) {
    return fmt::format(
        R"({{{},"in_flight":{},{},{}}})",
        conditions_json(runs.median, options),
        options.in_flight,
        ranges_json(runs),
        figures_json(runs.median, runs.median)
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

std::string to_table(const BenchSummary& summary, const BenchOptions& options) {
    auto idle = options;
    idle.in_flight = 1;
    return to_table(summary.idle, idle) + "\n" + to_table(summary.loaded, options);
}

std::string to_table(const BenchRuns& runs, const BenchOptions& options) {
    const auto& report = runs.median;
    const bool embedded = options.host.database_url.empty();
    auto text = fmt::format(
        "{} · {} · {}\n{}, {}, {}, {}\n{}, {} CPUs, {} slots, {} connections\n\n"
        "  {} tasks, {} steps in {:.2f} s{}\n\n",
        template_names(options),
        load_name(options),
        embedded ? "embedded host" : "running host",
        to_string(options.host.profile),
        to_string(options.host.mode),
        plugin_host::to_string(options.host.isolation.usual),
        via_name(options),
        report.conditions,
        std::thread::hardware_concurrency(),
        options.host.slots,
        options.host.lanes,
        report.tasks,
        report.steps,
        report.seconds,
        report.failed_tasks == 0 ? "" : fmt::format(", {} of the tasks FAILED", report.failed_tasks)
    );
    text += throughput_lines(runs);
    text += fmt::format(
        "  {:<26} {:>9} {:>9} {:>9} {:>9}\n", "milliseconds", "p50", "p95", "p99", "max"
    );
    text += latency_line("submit → handler start", report.start_ms);
    text += latency_line("handler start → settled", report.settle_ms);
    text += latency_line("submit → complete", report.complete_ms);
    text += "\n  per step\n";
    text += cost_line("round trips", report.round_trips_per_step, "calls of the step pump");
    text += cost_line("commits", report.commits_per_step, "submissions included");
    text += cost_line("WAL flushes", report.flushes_per_step, "");
    text += cost_line("WAL bytes", report.wal_bytes_per_step, "");
    text += cost_line("PostgreSQL CPU", report.pg_cpu_us_per_step, "µs");
    text += cost_line("host CPU", report.host_cpu_us_per_step, "µs");
    if (report.peak_rss_kib) {
        text += "\n" + cost_line("peak memory", *report.peak_rss_kib / 1024, "MiB, the load's too");
    }
    if (!embedded) {
        text +=
            "\n  starts, settlements and ends are by the database's clock, which is read before "
            "the "
            "commit;\n  with one task at a time the end is seen by polling every 0.5 ms\n";
    }
    return text;
}

}  // namespace tenon::app
