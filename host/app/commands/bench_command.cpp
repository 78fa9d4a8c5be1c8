#include "app/commands/bench_command.hpp"

#include "app/bench/bare_sql.hpp"
#include "app/bench/bench_plot.hpp"
#include "app/bench/bench_run.hpp"
#include "app/bootstrap.hpp"
#include "app/commands/host_command.hpp"
#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <CLI/CLI.hpp>
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

/// Puts the template of a shape where the host finds it.
void write_shape(const BenchShape& shape, const fs::path& folder, BenchOptions& options) {
    fs::create_directories(folder);
    std::ofstream file(folder / "shape.yaml");
    file << shape.yaml();
    file.close();
    if (!file) {
        throw Exception(
            {ErrorCode::unavailable, (folder / "shape.yaml").string() + " cannot be written"}
        );
    }
    options.host.templates = folder;
}

double run_bare_sql(const std::string& conninfo, const BenchOptions& options, double round_trips) {
    const auto batch = round_trips > 0 ? std::lround(1 / round_trips) : 1;
    const auto payload = options.shape ? options.shape->payload : 0;
    return measure_bare_sql(
        {.conninfo = conninfo,
         .workload = options.workload,
         .tasks = options.tasks,
         .batch = static_cast<std::int32_t>(std::clamp(batch, 1L, 1000L)),
         .connections = options.host.lanes,
         .result_json = payload < 2
                            ? "{}"
                            : '"' + std::string(static_cast<std::size_t>(payload) - 2, 'x') + '"',
         .limit = options.limit}
    );
}

Measured run_embedded(BenchOptions options) {
    const ScratchDirectory scratch;
    if (options.host.data_directory.empty()) {
        options.host.data_directory = scratch.path() / "data";
    }
    if (options.shape) {
        write_shape(*options.shape, scratch.path() / "templates", options);
    }
    options.host.listen = ListenAddress{.host = "127.0.0.1", .port = 0};
    TaskClock clock;
    Host host(
        options.host,
        {.handler_started = [&clock](const ClaimedStep& step
                            ) { clock.started(step.task, TaskClock::Clock::now()); },
         .finished =
             [&clock](const auto& tasks) {
                 for (const auto& task : tasks) {
                     clock.finished(task.task, task.state == "complete", TaskClock::Clock::now());
                 }
             }}
    );
    host.start();
    BenchRun run(
        options,
        {.conninfo = host.conninfo(),
         .wake = [&host](const std::string& name) { host.wake(name); },
         .calls = [&host] { return static_cast<std::int64_t>(host.pump_statistics().calls); },
         .quiesce = [&host] { host.leave(); },
         .clock = &clock}
    );
    auto report = run.run(show_progress);
    if (options.bare_sql) {
        // The host has left: nobody else takes these steps.
        report.bare_sql_steps_per_s =
            run_bare_sql(host.conninfo(), options, report.round_trips_per_step.value_or(1));
    }
    host.stop();
    return {.report = std::move(report), .course = run.course()};
}

Measured run_against_fleet(const BenchOptions& options) {
    BenchRun run(
        options,
        {.conninfo = options.host.database_url,
         .wake = {},
         .calls = {},
         .quiesce = {},
         .clock = nullptr}
    );
    auto report = run.run(show_progress);
    return {.report = std::move(report), .course = run.course()};
}

void parse_template(const std::string& text, database::BenchRepository::Workload& workload) {
    const auto slash = text.find('/');
    const auto at = text.find('@');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
        throw CLI::ValidationError("--template", "'" + text + "' is not NAMESPACE/NAME[@VERSION]");
    }
    workload.namespace_name = text.substr(0, slash);
    workload.name = text.substr(slash + 1, at == std::string::npos ? at : at - slash - 1);
    workload.version = at == std::string::npos ? "" : text.substr(at + 1);
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
             options.workload.name,
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
    one_at_a_time.tasks = std::min(options.tasks, idle_tasks);
    one_at_a_time.bare_sql = false;
    const auto idle = measure(one_at_a_time);
    const auto loaded = measure(options);
    const BenchSummary summary{.idle = idle.runs, .loaded = loaded.runs};
    fmt::print("{}\n", options.json ? to_json(summary, options) : to_table(summary, options));
    write_plot(loaded, options);
    const auto failed = idle.runs.median.failed_tasks + loaded.runs.median.failed_tasks;
    return failed == 0 ? 0 : some_task_failed;
}

/// What only a host of the benchmark's own can show.
void check_embedded(const BenchOptions& options) {
    if (options.host.database_url.empty()) {
        return;
    }
    const auto refuse = [](const std::string& option, const std::string& why) {
        throw CLI::ValidationError(option, why + "; leave --database-url out");
    };
    if (options.shape) {
        refuse("--shape", "registers a template, which only a host of the benchmark's own gets");
    }
    if (options.bare_sql) {
        refuse("--bare-sql", "needs a database whose queues nobody else works on");
    }
    if (options.rate > 0) {
        refuse("--rate", "needs the clock of a host of the benchmark's own");
    }
}

void add_load_options(CLI::App& command, const std::shared_ptr<BenchOptions>& options) {
    command
        .add_option_function<std::string>(
            "--shape",
            [options](const std::string& text) {
                try {
                    options->shape = BenchShape::parse(text);
                } catch (const Exception& error) {
                    throw CLI::ValidationError("--shape", error.what());
                }
            },
            "a template made for the run: chain[:STEPS], diamond[:STACKED], tree[:LEVELS], "
            "wide[:STEPS]"
        )
        ->excludes("--template");
    command.add_option("--payload", options->payload, "with --shape: bytes of every step's result")
        ->needs("--shape")
        ->check(CLI::Range(2, 8'388'608));
    command
        .add_option(
            "--rate", options->rate, "open loop: tasks per second, whatever becomes of them"
        )
        ->excludes("--in-flight")
        ->check(CLI::Range(0.1, 1e6));
    command.add_option("--runs", options->runs, "repeat, and report medians with their range")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command.add_flag(
        "--bare-sql",
        options->bare_sql,
        "then the same load without a host, in batches of the same size"
    );
    command.add_option("--plot", options->plot, "write throughput and latency as SVG to this file");
}

}  // namespace

void add_bench_command(CLI::App& root, int& exit_code) {
    auto options = std::make_shared<BenchOptions>();
    auto host = std::make_shared<HostOptions>();
    auto* command = root.add_subcommand("bench", "measure steps per second, latency and cost");
    add_host_options(*command, host);
    command
        ->add_option_function<std::string>(
            "--template",
            [options](const std::string& text) { parse_template(text, options->workload); },
            "NAMESPACE/NAME[@VERSION] of the tasks"
        )
        ->default_str("noop/chain");
    command
        ->add_option(
            "--input", options->workload.context_json, "context of each task, a JSON object"
        )
        ->capture_default_str();
    command->add_option("--tasks", options->tasks, "tasks to measure")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    command
        ->add_option(
            "--in-flight",
            options->in_flight,
            "tasks under way at once, 0 submits all of them first [both one at a time and all]"
        )
        ->check(CLI::Range(0, 100'000));
    command->add_option("--warm-up", options->warm_up, "tasks before the measured ones")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    command->add_flag("--json", options->json, "print one JSON object");
    add_load_options(*command, options);
    command->callback([options, host, command, &exit_code] {
        options->host = *host;
        check_embedded(*options);
        if (options->shape) {
            options->shape->payload = options->payload;
            options->workload.namespace_name = BenchShape::namespace_name;
            options->workload.name = options->shape->name();
        }
        if (options->json) {
            log::start(log::Level::warning);
        }
        const bool one_load = command->count("--in-flight") + command->count("--rate") > 0;
        exit_code = one_load ? run_one_load(*options) : run_both_ends(*options);
    });
}

}  // namespace tenon::app
