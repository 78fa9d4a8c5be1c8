#include "app/bench/bench_run.hpp"

#include "app/bench/load/task_watch.hpp"
#include "app/bench/measures/server_cpu.hpp"
#include "app/fleet/process_usage.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <ctime>
#include <future>
#include <sys/resource.h>
#include <thread>
#include <utility>

namespace tenon::app {
namespace {

// As many as the defaults are worth of steps: a template of many gets fewer tasks.
constexpr double usual_steps = 40'000;
constexpr double usual_idle_steps = 4'000;
constexpr double usual_warm_up_steps = 800;
constexpr double fewest_tasks = 5;

double peak_rss_kib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss);
}

std::int64_t thread_cpu_us() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

std::int32_t usual_tasks(double steps_per_task, double steps) {
    return static_cast<std::int32_t>(std::max(steps / steps_per_task, fewest_tasks));
}

}  // namespace

/// Everything that is read before and after the measured load.
struct BenchRun::Meter {
    database::BenchRepository::Counters counters;
    std::optional<std::int64_t> calls;
    std::optional<std::chrono::microseconds> server_cpu;
    std::optional<std::int64_t> host_cpu_us;
};

/// One load, and what its drivers learn of it.
struct BenchRun::Load {
    Load(const Pace::Options& options, TaskClock& clock, TaskMix& kinds)
        : pace(options, clock), mix(kinds), tasks(options.tasks), duration(options.duration) {}

    Pace pace;
    TaskMix& mix;
    const std::int32_t tasks;
    const std::optional<std::chrono::milliseconds> duration;
    std::atomic<std::int64_t> steps{0};   ///< Of the tasks that were submitted.
    std::atomic<std::int64_t> cpu_us{0};  ///< Spent by the load's own threads.
    Clock::time_point ended;
};

BenchRun::BenchRun(BenchOptions options, Host host)
    : options_(std::move(options)), host_(std::move(host)) {}

BenchReport BenchRun::run(const std::function<void(double)>& progress) {
    database::BenchRepository database(host_.conninfo);
    auto mix = read_mix(database);
    const auto per_task = mix.steps_per_task();
    const int backend = database.backend_pid();
    Pace::Options pace{
        .tasks = options_.warm_up.value_or(usual_tasks(per_task, usual_warm_up_steps)),
        .duration = std::nullopt,
        .rate = options_.rate,
        .in_flight = options_.in_flight,
        .limit = options_.limit
    };
    Load warm_up(pace, host_.clock, mix);
    load(warm_up, [](double) {});
    host_.clock.take();

    const auto usual = options_.in_flight == 1 ? usual_idle_steps : usual_steps;
    pace.tasks = options_.tasks.value_or(usual_tasks(per_task, usual));
    pace.duration = options_.duration;
    const auto before = read_meter(database, backend);
    const auto begun = Clock::now();
    Load measured(pace, host_.clock, mix);
    load(measured, progress);
    const std::chrono::duration<double> elapsed = measured.ended - begun;
    const auto server_cpu = server_cpu_time(backend);
    const auto process_cpu = process_cpu_time().count();
    if (host_.quiesce) {
        host_.quiesce();
    } else {
        await_beats(database);
    }
    const auto after = read_meter(database, backend);

    BenchReport report;
    report.conditions = database.conditions();
    report.tasks = measured.pace.given();
    report.steps = measured.steps;
    report.seconds = elapsed.count();
    const auto times = host_.clock.take();
    report.failed_tasks = times.failed;
    report.start_ms = times.start.percentiles();
    report.settle_ms = times.settle.percentiles();
    report.complete_ms = times.complete.percentiles();
    course_.complete = times.complete;
    const auto steps = static_cast<double>(report.steps);
    report.steps_per_s = steps / report.seconds;
    const auto per_step = [steps](auto amount) { return static_cast<double>(amount) / steps; };
    report.commits_per_step = per_step(after.counters.commits - before.counters.commits);
    report.flushes_per_step = per_step(after.counters.wal_flushes - before.counters.wal_flushes);
    report.wal_bytes_per_step = per_step(after.counters.wal_bytes - before.counters.wal_bytes);
    if (before.calls && after.calls) {
        report.round_trips_per_step = per_step(*after.calls - *before.calls);
    }
    if (before.server_cpu && server_cpu) {
        report.pg_cpu_us_per_step = per_step((*server_cpu - *before.server_cpu).count());
    }
    if (host_.calls) {
        report.peak_rss_kib = peak_rss_kib();
        report.host_cpu_us_per_step = per_step(process_cpu - *before.host_cpu_us - measured.cpu_us);
    } else if (before.host_cpu_us && after.host_cpu_us) {
        report.host_cpu_us_per_step = per_step(*after.host_cpu_us - *before.host_cpu_us);
    }
    return report;
}

TaskMix BenchRun::read_mix(database::BenchRepository& database) const {
    std::vector<TaskMix::Kind> kinds;
    for (const auto& workload : options_.workloads) {
        kinds.push_back({.workload = workload, .steps = database.step_count(workload)});
    }
    return TaskMix(std::move(kinds));
}

/// Submits and waits for the end of everything that was.
void BenchRun::load(Load& load, const std::function<void(double)>& progress) {
    course_ = {};
    const auto submitter = make_submitter(load.mix);
    auto driver = std::async(std::launch::async, [&] { drive(load, *submitter); });
    record(load, driver, progress);
    driver.get();
    if (!load.pace.await_end()) {
        throw Exception(
            {ErrorCode::deadline_exceeded,
             "no task ended within " + std::to_string(options_.limit.count()) +
                 " s; is a worker running that has the plugin of this template?"}
        );
    }
}

/// Notes how far the load is, at equal intervals, until it is over.
void BenchRun::record(
    const Load& load,
    const std::future<void>& driver,
    const std::function<void(double)>& progress
) {
    const auto ended_before = host_.clock.ended();
    const auto begun = Clock::now();
    auto next = begun + course_.interval;
    for (; driver.wait_until(next) != std::future_status::ready; next += course_.interval) {
        const auto ended = static_cast<double>(host_.clock.ended() - ended_before);
        course_.ended.push_back(ended);
        const auto share = load.duration ? std::chrono::duration<double>(Clock::now() - begun) /
                                               std::chrono::duration<double>(*load.duration)
                                         : ended / std::max(load.tasks, 1);
        progress(std::min(share, 1.0));
    }
}

/// Nothing where nobody is to be told: a host that polls must find the tasks by itself.
std::unique_ptr<Submitter> BenchRun::make_submitter(TaskMix& mix) const {
    const bool listens = options_.host.mode != DeploymentMode::polling_only;
    return sql_submitter(host_.conninfo, mix, listens && options_.via == Via::sql);
}

/// One client of the load: submits what is due, and waits with it for the end of all.
void BenchRun::drive(Load& load, Submitter& submitter) {
    const auto cpu_before = thread_cpu_us();
    for (auto due = load.pace.next(submitter.most_per_call()); !due.empty();
         due = load.pace.next(submitter.most_per_call())) {
        const auto called = Clock::now();
        const auto submitted = submitter.submit(static_cast<std::int32_t>(due.size()));
        load.steps += submitted.steps;
        load.pace.lost(static_cast<std::int64_t>(due.size() - submitted.tasks.size()));
        for (std::size_t i = 0; i < submitted.tasks.size(); ++i) {
            host_.clock.submitted(submitted.tasks[i], due[i]);
        }
        if (host_.watch != nullptr) {
            host_.watch->follow(submitted.tasks, called);
        }
        if (host_.wake && options_.via == Via::wake) {
            for (const auto& workload : options_.workloads) {
                host_.wake(workload.namespace_name);
            }
        }
    }
    load.pace.await_end();
    load.ended = Clock::now();
    load.cpu_us += thread_cpu_us() - cpu_before;
}

BenchRun::Meter BenchRun::read_meter(database::BenchRepository& database, int backend) const {
    Meter meter{
        .counters = database.counters(),
        .calls = {},
        .server_cpu = server_cpu_time(backend),
        .host_cpu_us = {}
    };
    if (host_.calls) {
        meter.calls = host_.calls();
        meter.host_cpu_us = process_cpu_time().count();
    } else if (const auto fleet = database.fleet(); fleet.workers > 0) {
        meter.calls = fleet.calls;
        meter.host_cpu_us = fleet.cpu_us;
    }
    return meter;
}

// Sessions of a running host report their statistics after a while of idleness, and its workers
// theirs with the next beat.
void BenchRun::await_beats(database::BenchRepository& database) const {
    const auto deadline = Clock::now() + std::chrono::seconds(12);
    auto last = database.counters().commits;
    auto quiet_since = Clock::now();
    while (Clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        const auto now = database.counters().commits;
        if (now - last > 20) {
            quiet_since = Clock::now();
        }
        last = now;
        if (Clock::now() - quiet_since > std::chrono::seconds(10)) {
            return;
        }
    }
}

}  // namespace tenon::app
