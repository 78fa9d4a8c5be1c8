#include "app/commands/bench_command.hpp"

#include "app/bench/bench_run.hpp"
#include "app/bootstrap.hpp"
#include "app/commands/host_command.hpp"
#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <unistd.h>

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

BenchReport run_embedded(BenchOptions options) {
    const ScratchDirectory scratch;
    if (options.host.data_directory.empty()) {
        options.host.data_directory = scratch.path();
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
    const auto report = run.run(show_progress);
    host.stop();
    return report;
}

BenchReport run_against_fleet(const BenchOptions& options) {
    BenchRun run(
        options,
        {.conninfo = options.host.database_url,
         .wake = {},
         .calls = {},
         .quiesce = {},
         .clock = nullptr}
    );
    return run.run(show_progress);
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

BenchReport measure(const BenchOptions& options) {
    const bool embedded = options.host.database_url.empty();
    const auto report = embedded ? run_embedded(options) : run_against_fleet(options);
    clear_progress();
    return report;
}

int run_one_load(const BenchOptions& options) {
    const auto report = measure(options);
    fmt::print("{}\n", options.json ? to_json(report, options) : to_table(report, options));
    return report.failed_tasks == 0 ? 0 : some_task_failed;
}

int run_both_ends(const BenchOptions& options) {
    auto one_at_a_time = options;
    one_at_a_time.in_flight = 1;
    one_at_a_time.tasks = std::min(options.tasks, idle_tasks);
    const BenchSummary summary{.idle = measure(one_at_a_time), .loaded = measure(options)};
    fmt::print("{}\n", options.json ? to_json(summary, options) : to_table(summary, options));
    return summary.idle.failed_tasks + summary.loaded.failed_tasks == 0 ? 0 : some_task_failed;
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
    command->callback([options, host, command, &exit_code] {
        options->host = *host;
        if (options->json) {
            log::start(log::Level::warning);
        }
        const bool one_load = command->count("--in-flight") > 0;
        exit_code = one_load ? run_one_load(*options) : run_both_ends(*options);
    });
}

}  // namespace tenon::app
