#include "app/bench/bench_run.hpp"

#include "app/bench/server_cpu.hpp"
#include "app/fleet/process_usage.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <ctime>
#include <future>
#include <iterator>
#include <optional>
#include <sys/resource.h>
#include <thread>
#include <unordered_set>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::int32_t most_drivers = 16;
constexpr std::int32_t most_per_call = 1000;
constexpr std::chrono::microseconds poll_pause(500);

double to_ms(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

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

}  // namespace

/// Everything that is read before and after the measured load.
struct BenchRun::Meter {
    database::BenchRepository::Counters counters;
    std::optional<std::int64_t> calls;
    std::optional<std::chrono::microseconds> server_cpu;
    std::optional<std::int64_t> host_cpu_us;
};

BenchRun::BenchRun(BenchOptions options, Host host)
    : options_(std::move(options)), host_(std::move(host)) {}

BenchReport BenchRun::run(const std::function<void(double)>& progress) {
    database::BenchRepository database(host_.conninfo);
    const auto steps_per_task = database.step_count(options_.workload);
    const int backend = database.backend_pid();
    load(options_.warm_up, [](double) {});

    driver_cpu_us_ = 0;
    const auto before = read_meter(database, backend);
    const auto begun = Clock::now();
    const auto samples = load(options_.tasks, progress);
    const std::chrono::duration<double> elapsed = Clock::now() - begun;
    const auto driver_cpu = driver_cpu_us_.load();
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
    report.tasks = options_.tasks;
    report.steps = options_.tasks * steps_per_task;
    report.seconds = elapsed.count();
    const auto steps = static_cast<double>(report.steps);
    std::vector<double> starts;
    std::vector<double> ends;
    course_.complete_ms.clear();
    for (const auto& sample : samples) {
        starts.push_back(sample.start_ms);
        ends.push_back(sample.complete_ms);
        course_.complete_ms.push_back(sample.complete_ms);
        report.failed_tasks += sample.succeeded ? 0 : 1;
    }
    report.steps_per_s = steps / report.seconds;
    report.start_ms = percentiles(std::move(starts));
    report.complete_ms = percentiles(std::move(ends));
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
    if (host_.clock != nullptr) {
        report.peak_rss_kib = peak_rss_kib();
        report.host_cpu_us_per_step = per_step(process_cpu - *before.host_cpu_us - driver_cpu);
    } else if (before.host_cpu_us && after.host_cpu_us) {
        report.host_cpu_us_per_step = per_step(*after.host_cpu_us - *before.host_cpu_us);
    }
    return report;
}

std::vector<BenchRun::Sample> BenchRun::load(
    std::int32_t tasks,
    const std::function<void(double)>& progress
) {
    if (options_.rate > 0) {
        return load_at_rate(tasks, progress);
    }
    const bool open = options_.in_flight == 0;
    const auto in_flight = open ? tasks : std::min(options_.in_flight, std::max(tasks, 1));
    const auto drivers = std::min(in_flight, open ? 1 : most_drivers);
    std::atomic<std::int64_t> done{0};
    std::vector<std::future<std::vector<Sample>>> parts;
    for (std::int32_t i = 0; i < drivers; ++i) {
        const auto share = tasks / drivers + (i < tasks % drivers ? 1 : 0);
        const auto batch = in_flight / drivers + (i < in_flight % drivers ? 1 : 0);
        parts.push_back(std::async(std::launch::async, [this, share, batch, &done] {
            return drive(share, batch, done);
        }));
    }
    std::vector<Sample> samples;
    course_.ended.clear();
    const auto ended_before = host_.clock != nullptr ? host_.clock->ended() : 0;
    for (auto& part : parts) {
        while (part.wait_for(course_.interval) != std::future_status::ready) {
            const auto ended = host_.clock != nullptr
                                   ? static_cast<double>(host_.clock->ended() - ended_before)
                                   : static_cast<double>(done);
            course_.ended.push_back(ended);
            progress(ended / std::max(tasks, 1));
        }
        std::ranges::move(part.get(), std::back_inserter(samples));
    }
    return samples;
}

/// An open loop: tasks come when they are due, however the ones before them fare, and each is
/// measured from then on. What a stall delays is counted in full.
std::vector<BenchRun::Sample> BenchRun::load_at_rate(
    std::int32_t tasks,
    const std::function<void(double)>& progress
) {
    const auto cpu_before = thread_cpu_us();
    database::BenchRepository database(host_.conninfo);
    std::vector<TaskId> ids;
    const auto begun = Clock::now();
    const auto ended_before = host_.clock->ended();
    course_.ended.clear();
    while (std::cmp_less(ids.size(), tasks)) {
        const std::chrono::duration<double> passed = Clock::now() - begun;
        const auto due = static_cast<std::int32_t>(
            std::min(passed.count() * options_.rate + 1, static_cast<double>(tasks))
        );
        submit_due(database, ids, due, begun);
        if (passed / course_.interval >= static_cast<double>(course_.ended.size())) {
            course_.ended.push_back(static_cast<double>(host_.clock->ended() - ended_before));
            progress(course_.ended.back() / tasks);
        }
        const std::chrono::duration<double> next(static_cast<double>(ids.size()) / options_.rate);
        std::this_thread::sleep_until(begun + std::chrono::duration_cast<Clock::duration>(next));
    }
    std::vector<Sample> samples;
    await(database, ids, begun, samples);
    driver_cpu_us_ += thread_cpu_us() - cpu_before;
    return samples;
}

/// Submits those that are due and were not submitted yet, each under the moment it was due.
void BenchRun::submit_due(
    database::BenchRepository& database,
    std::vector<TaskId>& ids,
    std::int32_t due,
    Clock::time_point begun
) {
    const auto wanted = due - static_cast<std::int32_t>(ids.size());
    if (wanted <= 0) {
        return;
    }
    for (const auto& id :
         database.submit(options_.workload, std::min(wanted, most_per_call), false)) {
        const std::chrono::duration<double> at(static_cast<double>(ids.size()) / options_.rate);
        host_.clock->submitted({id}, begun + std::chrono::duration_cast<Clock::duration>(at));
        ids.push_back(id);
    }
    host_.wake(options_.workload.namespace_name);
}

/// One caller of a closed loop: submits a batch, waits for its end, submits the next.
std::vector<BenchRun::Sample> BenchRun::drive(
    std::int32_t tasks,
    std::int32_t batch,
    std::atomic<std::int64_t>& done
) {
    const auto cpu_before = thread_cpu_us();
    database::BenchRepository database(host_.conninfo);
    const bool ring = !host_.wake;
    std::vector<Sample> samples;
    while (tasks > 0) {
        const auto begun = Clock::now();
        std::vector<TaskId> ids;
        for (auto left = std::min(tasks, batch); left > 0; left -= most_per_call) {
            const auto part =
                database.submit(options_.workload, std::min(left, most_per_call), ring);
            if (host_.clock != nullptr) {
                host_.clock->submitted(part, begun);
            }
            if (host_.wake) {
                host_.wake(options_.workload.namespace_name);
            }
            ids.insert(ids.end(), part.begin(), part.end());
        }
        await(database, ids, begun, samples);
        tasks -= static_cast<std::int32_t>(ids.size());
        done += static_cast<std::int64_t>(ids.size());
    }
    driver_cpu_us_ += thread_cpu_us() - cpu_before;
    return samples;
}

void BenchRun::await(
    database::BenchRepository& database,
    const std::vector<TaskId>& tasks,
    Clock::time_point begun,
    std::vector<Sample>& samples
) {
    const auto deadline = Clock::now() + options_.limit;
    if (host_.clock != nullptr) {
        if (host_.clock->wait(tasks, deadline)) {
            for (const auto& latency : host_.clock->take(tasks)) {
                samples.push_back({to_ms(latency.start), to_ms(latency.complete), latency.succeeded}
                );
            }
            return;
        }
    } else {
        std::unordered_set<TaskId> left(tasks.begin(), tasks.end());
        while (Clock::now() < deadline) {
            for (const auto& task : database.settled({left.begin(), left.end()})) {
                left.erase(task.task);
                samples.push_back(
                    {task.start_ms.value_or(0),
                     to_ms(Clock::now() - begun),
                     task.state == "complete"}
                );
            }
            if (left.empty()) {
                return;
            }
            std::this_thread::sleep_for(poll_pause);
        }
    }
    throw Exception(
        {ErrorCode::deadline_exceeded,
         "the tasks did not end within " + std::to_string(options_.limit.count()) +
             " s; is a worker running that has the plugin of this template?"}
    );
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
