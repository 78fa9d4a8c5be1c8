#include "app/bench/bench_report.hpp"

#include "foundation/json_text.hpp"

#include <fmt/format.h>
#include <string_view>

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
    if (options.in_flight == 0) {
        return "all submitted at once";
    }
    return options.in_flight == 1 ? "one task at a time"
                                  : fmt::format("{} tasks in flight", options.in_flight);
}

std::string template_name(const BenchOptions& options) {
    const auto& workload = options.workload;
    const auto version = workload.version.empty() ? "" : "@" + workload.version;
    return workload.namespace_name + "/" + workload.name + version;
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

/// What follows the conditions: throughput, latencies, cost.
std::string figures_json(const BenchReport& report, const BenchReport& latencies) {
    return fmt::format(
        R"("tasks":{},"steps":{},"failed_tasks":{},"seconds":{:.4f},"steps_per_s":{:.1f},)"
        R"("complete_ms":{},"start_ms":{},"commits_per_step":{:.4f},"flushes_per_step":{:.4f},)"
        R"("wal_bytes_per_step":{:.1f},"round_trips_per_step":{},"pg_cpu_us_per_step":{},)"
        R"("host_cpu_us_per_step":{})",
        report.tasks,
        report.steps,
        report.failed_tasks,
        report.seconds,
        report.steps_per_s,
        percentiles_json(latencies.complete_ms),
        percentiles_json(latencies.start_ms),
        report.commits_per_step,
        report.flushes_per_step,
        report.wal_bytes_per_step,
        number_or_null(report.round_trips_per_step),
        number_or_null(report.pg_cpu_us_per_step),
        number_or_null(report.host_cpu_us_per_step)
    );
}

std::string conditions_json(const BenchOptions& options) {
    return fmt::format(
        R"("template":{},"host":"{}")",
        json_quote(template_name(options)),
        options.host.database_url.empty() ? "embedded" : "running"
    );
}

}  // namespace

std::string to_json(const BenchReport& report, const BenchOptions& options) {
    return fmt::format(
        R"({{{},"in_flight":{},{}}})",
        conditions_json(options),
        options.in_flight,
        figures_json(report, report)
    );
}

std::string to_json(const BenchSummary& summary, const BenchOptions& options) {
    return fmt::format(
        R"({{{},{},"idle":{{{}}},"loaded":{{{}}}}})",
        conditions_json(options),
        figures_json(summary.loaded, summary.idle),
        figures_json(summary.idle, summary.idle),
        figures_json(summary.loaded, summary.loaded)
    );
}

std::string to_table(const BenchSummary& summary, const BenchOptions& options) {
    auto idle = options;
    idle.in_flight = 1;
    return to_table(summary.idle, idle) + "\n" + to_table(summary.loaded, options);
}

std::string to_table(const BenchReport& report, const BenchOptions& options) {
    const bool embedded = options.host.database_url.empty();
    auto text = fmt::format(
        "{} · {} · {}\n\n  {} tasks, {} steps in {:.2f} s{}\n\n  {:<26} {:>12.0f}\n\n",
        template_name(options),
        load_name(options),
        embedded ? "embedded host" : "running host",
        report.tasks,
        report.steps,
        report.seconds,
        report.failed_tasks == 0 ? ""
                                 : fmt::format(", {} of the tasks FAILED", report.failed_tasks),
        "steps per second",
        report.steps_per_s
    );
    text += fmt::format(
        "  {:<26} {:>9} {:>9} {:>9} {:>9}\n", "milliseconds", "p50", "p95", "p99", "max"
    );
    text += latency_line("submit → handler start", report.start_ms);
    text += latency_line("submit → complete", report.complete_ms);
    text += "\n  per step\n";
    text += cost_line("round trips", report.round_trips_per_step, "calls of the step pump");
    text += cost_line("commits", report.commits_per_step, "submissions included");
    text += cost_line("WAL flushes", report.flushes_per_step, "");
    text += cost_line("WAL bytes", report.wal_bytes_per_step, "");
    text += cost_line("PostgreSQL CPU", report.pg_cpu_us_per_step, "µs");
    text += cost_line("host CPU", report.host_cpu_us_per_step, "µs");
    if (!embedded) {
        text +=
            "\n  start is the claim by the database's clock; complete is seen by polling every 0.5 "
            "ms\n";
    }
    return text;
}

}  // namespace tenon::app
