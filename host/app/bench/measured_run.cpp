#include "app/bench/measured_run.hpp"

#include "app/bench/bare_sql.hpp"
#include "app/bench/bench_run.hpp"
#include "app/bench/load/task_watch.hpp"
#include "app/bench/measures/allocations.hpp"
#include "app/bench/surroundings/held_snapshot.hpp"
#include "app/bench/surroundings/more_hosts.hpp"
#include "app/bootstrap.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>

namespace tenon::app {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) {
        throw Exception({ErrorCode::unavailable, path.string() + " cannot be written"});
    }
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
        .handler_started =
            [&clock](const ClaimedStep& step) {
                const UncountedAllocations own;
                clock.started(step.task, step.step_no, TaskClock::Clock::now());
            },
        .settled =
            [&clock](const auto& steps) {
                const UncountedAllocations own;
                const auto now = TaskClock::Clock::now();
                for (const auto& step : steps) {
                    clock.settled(step.task, step.step_no, now);
                }
            },
        .finished =
            [&clock](const auto& tasks) {
                const UncountedAllocations own;
                const auto now = TaskClock::Clock::now();
                for (const auto& task : tasks) {
                    clock.finished(task.task, task.state == "complete", now);
                }
            }
    };
}

}  // namespace

void write_templates(const fs::path& folder, BenchOptions& options) {
    if (options.shapes.empty()) {
        return;
    }
    fs::create_directories(folder);
    for (const auto& shape : options.shapes) {
        write(folder / (shape.name() + ".yaml"), shape.yaml());
    }
    options.host.templates = folder;
}

void fill_backlog(const BenchOptions& options, const fs::path& folder, const Progress& progress) {
    auto host_options = options.host;
    fs::create_directories(folder);
    write(folder / "backlog.yaml", Backlog::template_yaml());
    host_options.templates = folder;
    host_options.worker = false;
    host_options.listen = ListenAddress{.host = "127.0.0.1", .port = 0};
    Host host(host_options);
    host.start();
    options.backlog.fill(host.conninfo(), progress);
    host.stop();
}

MeasuredRun measure_own_host(const BenchOptions& options, const Progress& progress) {
    auto host_options = options.host;
    host_options.listen = ListenAddress{.host = "127.0.0.1", .port = 0};
    const auto clock = std::make_unique<TaskClock>();
    Host host(host_options, options.hosts == 1 ? hooks_of(*clock) : Host::Hooks());
    host.start();
    // A host that only polls is told nothing.
    const bool told = options.host.mode != DeploymentMode::polling_only;
    const bool alone = options.hosts == 1;
    std::optional<MoreHosts> others;
    std::optional<TaskWatch> watch;
    if (!alone) {
        others.emplace(options.host, host.conninfo(), options.hosts - 1);
        watch.emplace(host.conninfo(), *clock);
    }
    std::optional<HeldSnapshot> snapshot;
    if (options.hold_xmin) {
        snapshot.emplace(host.conninfo());
    }
    const std::function<std::int64_t()> calls = [&host] {
        return static_cast<std::int64_t>(host.pump_statistics().calls);
    };
    const std::function<void()> leave = [&host] { host.leave(); };
    BenchRun run(
        options,
        {.conninfo = host.conninfo(),
         .clock = *clock,
         .watch = watch ? &*watch : nullptr,
         .own = true,
         .url = fmt::format("http://127.0.0.1:{}", host.port()),
         .wake = told ? [&host](const std::string& name) { host.wake(name); }
                      : std::function<void(const std::string&)>(),
         .calls = alone ? calls : std::function<std::int64_t()>(),
         .quiesce = alone ? leave : std::function<void()>()}
    );
    auto report = run.run(progress);
    snapshot.reset();
    others.reset();
    if (options.bare_sql) {
        host.leave();
        // The host has left: nobody else takes these steps.
        report.bare_sql_steps_per_s = run_bare_sql(host.conninfo(), options, report);
    }
    host.stop();
    return {.report = std::move(report), .course = run.course()};
}

MeasuredRun measure_fleet(const BenchOptions& options, const Progress& progress) {
    const auto clock = std::make_unique<TaskClock>();
    TaskWatch watch(options.host.database_url, *clock);
    BenchRun run(
        options,
        {.conninfo = options.host.database_url,
         .clock = *clock,
         .watch = &watch,
         .own = false,
         .url = {},
         .wake = {},
         .calls = {},
         .quiesce = {}}
    );
    auto report = run.run(progress);
    return {.report = std::move(report), .course = run.course()};
}

}  // namespace tenon::app
