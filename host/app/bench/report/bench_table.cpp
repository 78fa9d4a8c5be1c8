#include "app/bench/report/bench_table.hpp"

#include "plugin_host/isolation.hpp"

#include <cstddef>
#include <fmt/format.h>
#include <string_view>
#include <thread>

namespace tenon::app {
namespace {

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
    if (options.host.mode == DeploymentMode::polling_only && !is_http(options.via)) {
        return "submitted by SQL, the host told nothing";
    }
    switch (options.via) {
        case Via::wake: return "submitted by SQL, the host told within the process";
        case Via::sql: return "submitted by SQL with NOTIFY";
        case Via::http: return "submitted by HTTP, one by one";
        case Via::http_batch: return "submitted by HTTP, in batches";
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
    if (runs.median.submissions_per_s > 0) {
        text += fmt::format(
            "  {:<26} {:>12.0f}\n", "submissions per second", runs.median.submissions_per_s
        );
    }
    return text + '\n';
}

std::string hosts_name(const BenchOptions& options) {
    if (!options.host.database_url.empty()) {
        return "running host";
    }
    return options.hosts == 1 ? "embedded host" : fmt::format("{} hosts", options.hosts);
}

std::string failures(const BenchReport& report) {
    std::string text;
    if (report.failed_tasks > 0) {
        text += fmt::format(", {} of the tasks FAILED", report.failed_tasks);
    }
    if (report.refused_tasks > 0) {
        text += fmt::format(", {} more were REFUSED", report.refused_tasks);
    }
    return text;
}

/// The first and the last fifth of a long run: whether anything grows.
std::string course_lines(const BenchRuns& runs) {
    const auto& samples = runs.samples;
    const auto fifth = samples.size() / 5;
    if (fifth == 0) {
        return "";
    }
    const double per_task =
        static_cast<double>(runs.median.steps) / static_cast<double>(runs.median.tasks);
    const auto rate = [&](std::size_t from, std::size_t to) {
        const auto& a = samples[from];
        const auto& b = samples[to];
        return (b.ended - a.ended) * per_task / (b.at_s - a.at_s);
    };
    const auto mean = [&](double BenchSample::* figure, std::size_t from) {
        double sum = 0;
        for (std::size_t i = from; i < from + fifth; ++i) {
            sum += samples[i].*figure;
        }
        return sum / static_cast<double>(fifth);
    };
    const auto last = samples.size() - fifth;
    const auto line = [](std::string_view name, double early, double late) {
        return fmt::format("  {:<26} {:>12.1f} {:>12.1f}\n", name, early, late);
    };
    const auto both = [&](std::string_view name, double BenchSample::* figure) {
        return line(name, mean(figure, 0), mean(figure, last));
    };
    auto text = fmt::format("\n  {:<26} {:>12} {:>12}\n", "over time", "first fifth", "last fifth");
    text += line("steps per second", rate(0, fifth), rate(last - 1, samples.size() - 1));
    text += both("memory of hosts, MiB", &BenchSample::rss_mib);
    text += both("dead rows", &BenchSample::dead_rows);
    text += both("step path tables, MiB", &BenchSample::hot_mib);
    return text;
}

}  // namespace

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
        hosts_name(options),
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
        failures(report)
    );
    text += throughput_lines(runs);
    text += fmt::format(
        "  {:<26} {:>9} {:>9} {:>9} {:>9}\n", "milliseconds", "p50", "p95", "p99", "max"
    );
    if (is_http(options.via)) {
        text += latency_line("submission → answer", report.submit_ms);
    }
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
    if (report.runner_cpu_us_per_step) {
        text += cost_line("CPU of runners", report.runner_cpu_us_per_step, "µs");
    }
    text += cost_line("allocations in the host", report.allocations_per_step, "by C++");
    if (report.peak_rss_kib) {
        text += "\n" + cost_line("peak memory", *report.peak_rss_kib / 1024, "MiB, the load's too");
    }
    text += course_lines(runs);
    if (!embedded || options.hosts > 1) {
        text +=
            "\n  starts, settlements and ends are by the database's clock, which is read before "
            "the "
            "commit;\n  with one task at a time the end is seen by polling every 0.5 ms\n";
    }
    return text;
}

}  // namespace tenon::app
