#include "app/commands/bench/bench_session.hpp"

#include "app/bench/bare_sql.hpp"
#include "app/bench/bench_run.hpp"
#include "app/bench/load/task_watch.hpp"
#include "app/bench/report/bench_plot.hpp"
#include "app/bootstrap.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tenon::app {
namespace {

namespace fs = std::filesystem;

constexpr int some_task_failed = 1;

// Enough for a p99; more would only make people wait.
constexpr std::int32_t idle_tasks = 1000;

/// A data directory that is gone after the run.
class ScratchDirectory {
public:
    ScratchDirectory()
        : path_(fs::temp_directory_path() / ("tenon-bench-" + std::to_string(::getpid()))) {}

    ~ScratchDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    const fs::path& path() const noexcept { return path_; }

private:
    fs::path path_;
};

void show_progress(double share) {
    if (::isatty(STDERR_FILENO) != 0) {
        fmt::print(stderr, "\r  measuring … {:3.0f} %", share * 100);
        std::fflush(stderr);
    }
}

void clear_progress() {
    if (::isatty(STDERR_FILENO) != 0) {
        fmt::print(stderr, "\r\x1b[K");
    }
}

/// One run, and how it went.
struct Measured {
    BenchReport report;
    BenchCourse course;
};

/// Puts the templates of shapes where the host finds them.
void write_shapes(const fs::path& folder, BenchOptions& options) {
    fs::create_directories(folder);
    for (const auto& shape : options.shapes) {
        const auto path = folder / (shape.name() + ".yaml");
        std::ofstream file(path);
        file << shape.yaml();
        file.close();
        if (!file) {
            throw Exception({ErrorCode::unavailable, path.string() + " cannot be written"});
        }
    }
    options.host.templates = folder;
}

double run_bare_sql(
    const std::string& conninfo,
    const BenchOptions& options,
    const BenchReport& report
) {
    const auto round_trips = report.round_trips_per_step.value_or(1);
    const auto batch = round_trips > 0 ? std::lround(1 / round_trips) : 1;
    const auto payload = options.shapes.empty() ? 0 : options.payload;
    return measure_bare_sql(
        {.conninfo = conninfo,
         .workloads = options.workloads,
         .tasks = static_cast<std::int32_t>(report.tasks),
         .batch = static_cast<std::int32_t>(std::clamp(batch, 1L, 1000L)),
         .connections = options.host.lanes,
         .result_json = payload < 2
                            ? "{}"
                            : '"' + std::string(static_cast<std::size_t>(payload) - 2, 'x') + '"',
         .limit = options.limit}
    );
}

Host::Hooks hooks_of(TaskClock& clock) {
    return {
        .handler_started = [&clock](const ClaimedStep& step
                           ) { clock.started(step.task, step.step_no, TaskClock::Clock::now()); },
        .settled =
            [&clock](const auto& steps) {
                const auto now = TaskClock::Clock::now();
                for (const auto& step : steps) {
                    clock.settled(step.task, step.step_no, now);
                }
            },
        .finished =
            [&clock](const auto& tasks) {
                const auto now = TaskClock::Clock::now();
                for (const auto& task : tasks) {
                    clock.finished(task.task, task.state == "complete", now);
                }
            },
        .hung_up = {}
    };
}

Measured run_embedded(BenchOptions options) {
    const ScratchDirectory scratch;
    if (options.host.data_directory.empty()) {
        options.host.data_directory = scratch.path() / "data";
    }
    if (!options.shapes.empty()) {
        write_shapes(scratch.path() / "templates", options);
    }
    options.host.listen = ListenAddress{.host = "127.0.0.1", .port = 0};
    const auto clock = std::make_unique<TaskClock>();
    Host host(options.host, hooks_of(*clock));
    host.start();
    // A host that only polls is told nothing.
    const bool told = options.host.mode != DeploymentMode::polling_only;
    BenchRun run(
        options,
        {.conninfo = host.conninfo(),
         .clock = *clock,
         .wake = told ? [&host](const std::string& name) { host.wake(name); }
                      : std::function<void(const std::string&)>(),
         .calls = [&host] { return static_cast<std::int64_t>(host.pump_statistics().calls); },
         .quiesce = [&host] { host.leave(); }}
    );
    auto report = run.run(show_progress);
    if (options.bare_sql) {
        // The host has left: nobody else takes these steps.
        report.bare_sql_steps_per_s = run_bare_sql(host.conninfo(), options, report);
    }
    host.stop();
    return {.report = std::move(report), .course = run.course()};
}

Measured run_against_fleet(const BenchOptions& options) {
    const auto clock = std::make_unique<TaskClock>();
    TaskWatch watch(options.host.database_url, *clock);
    BenchRun run(
        options,
        {.conninfo = options.host.database_url,
         .clock = *clock,
         .watch = &watch,
         .wake = {},
         .calls = {},
         .quiesce = {}}
    );
    auto report = run.run(show_progress);
    return {.report = std::move(report), .course = run.course()};
}

/// Runs of one load, and how each went.
struct Series {
    BenchRuns runs;
    std::vector<BenchCourse> courses;
};

Series measure(const BenchOptions& options) {
    const bool embedded = options.host.database_url.empty();
    std::vector<BenchReport> reports;
    Series series;
    for (std::int32_t i = 0; i < options.runs; ++i) {
        auto [report, course] = embedded ? run_embedded(options) : run_against_fleet(options);
        reports.push_back(std::move(report));
        series.courses.push_back(std::move(course));
    }
    clear_progress();
    series.runs = summarise(reports);
    return series;
}

void write_plot(const Series& series, const BenchOptions& options) {
    if (options.plot.empty()) {
        return;
    }
    const auto& median = series.runs.median;
    std::ofstream file(options.plot);
    file << to_svg(
        {.title = fmt::format(
             "{}: {:.0f} steps/s, median of {}",
             template_names(options),
             median.steps_per_s,
             series.runs.count
         ),
         .conditions = median.conditions,
         .steps_per_task = static_cast<double>(median.steps) / static_cast<double>(median.tasks),
         .courses = series.courses}
    );
    file.close();
    if (!file) {
        throw Exception({ErrorCode::unavailable, options.plot.string() + " cannot be written"});
    }
}

int run_one_load(const BenchOptions& options) {
    const auto series = measure(options);
    const auto& runs = series.runs;
    fmt::print("{}\n", options.json ? to_json(runs, options) : to_table(runs, options));
    write_plot(series, options);
    return runs.median.failed_tasks == 0 ? 0 : some_task_failed;
}

int run_both_ends(const BenchOptions& options) {
    auto one_at_a_time = options;
    one_at_a_time.in_flight = 1;
    one_at_a_time.tasks = std::min(options.tasks.value_or(idle_tasks), idle_tasks);
    one_at_a_time.bare_sql = false;
    const auto idle = measure(one_at_a_time);
    const auto loaded = measure(options);
    const BenchSummary summary{.idle = idle.runs, .loaded = loaded.runs};
    fmt::print("{}\n", options.json ? to_json(summary, options) : to_table(summary, options));
    write_plot(loaded, options);
    const auto failed = idle.runs.median.failed_tasks + loaded.runs.median.failed_tasks;
    return failed == 0 ? 0 : some_task_failed;
}

}  // namespace

int run_bench(const BenchOptions& options, bool both_ends) {
    return both_ends ? run_both_ends(options) : run_one_load(options);
}

}  // namespace tenon::app
