#include "app/bench/bench_run.hpp"

#include "app/bench/load/http_submission.hpp"
#include "app/bench/load/task_watch.hpp"
#include "app/bench/measures/allocations.hpp"
#include "app/bench/measures/course_recorder.hpp"
#include "app/bench/measures/readings.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <ctime>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace tenon::app {
namespace {

// As many as the defaults are worth of steps: a template of many gets fewer tasks.
constexpr double usual_steps = 40'000;
constexpr double usual_idle_steps = 4'000;
constexpr double usual_warm_up_steps = 800;
constexpr double fewest_tasks = 5;

constexpr std::int32_t most_clients = 16;

// Hosts tell of themselves every two seconds.
constexpr std::chrono::milliseconds beat(2500);

std::int64_t thread_cpu_us() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

std::int32_t usual_tasks(double steps_per_task, double steps) {
    return static_cast<std::int32_t>(std::max(steps / steps_per_task, fewest_tasks));
}

}  // namespace

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
    Clock::time_point submitted;          ///< All of them.
    Clock::time_point ended;
    std::mutex mutex;
    LatencyHistogram requests;  ///< From when a submission was due until it was answered.
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
    CostReadings costs;
    costs.own_host = host_.own;
    costs.one_host = host_.calls != nullptr;
    if (!host_.calls) {
        std::this_thread::sleep_for(beat);  // Of the warm-up all is to be known.
    }
    costs.work_before = read_work(database, host_.calls);
    costs.usage_before = read_usage(backend);
    const auto begun = Clock::now();
    Load measured(pace, host_.clock, mix);
    load(measured, progress);
    costs.usage_after = read_usage(backend);
    costs.driver_cpu_us = measured.cpu_us;
    if (host_.quiesce) {
        host_.quiesce();
    } else {
        await_beats(database);
    }
    costs.work_after = read_work(database, host_.calls);

    auto report = outcome_of(measured, begun);
    report.conditions = database.conditions();
    set_costs(report, costs);
    return report;
}

BenchReport BenchRun::outcome_of(const Load& load, Clock::time_point begun) {
    const auto seconds = [&](Clock::time_point until) {
        return std::chrono::duration<double>(until - begun).count();
    };
    const auto times = host_.clock.take();
    course_.complete = times.complete;
    BenchReport report;
    report.tasks = load.pace.given();
    report.refused_tasks = load.pace.lost();
    report.steps = load.steps;
    report.failed_tasks = times.failed;
    report.seconds = seconds(load.ended);
    report.steps_per_s = static_cast<double>(report.steps) / report.seconds;
    report.submissions_per_s = static_cast<double>(report.tasks) / seconds(load.submitted);
    report.start_ms = times.start.percentiles();
    report.settle_ms = times.settle.percentiles();
    report.complete_ms = times.complete.percentiles();
    report.submit_ms = load.requests.percentiles();
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
    auto whole = std::async(std::launch::async, [&] {
        submit(load);
        load.submitted = Clock::now();
        const bool all_ended = load.pace.await_end();
        load.ended = Clock::now();
        return all_ended;
    });
    record(load, whole, progress);
    if (!whole.get()) {
        throw Exception(
            {ErrorCode::deadline_exceeded,
             "no task ended within " + std::to_string(options_.limit.count()) +
                 " s; is a worker running that has the plugin of this template?"}
        );
    }
}

/// Over as many clients as it takes: by HTTP each waits for its answer.
void BenchRun::submit(Load& load) {
    const bool http = is_http(options_.via);
    const auto wanted = options_.in_flight > 0 ? options_.in_flight : most_clients;
    const auto count = http ? std::min(wanted, most_clients) : 1;
    std::vector<std::future<void>> clients;
    for (std::int32_t i = 0; i < count; ++i) {
        clients.push_back(std::async(std::launch::async, [&] {
            const UncountedAllocations own;
            drive(load, *make_submitter(load.mix));
        }));
    }
    for (auto& client : clients) {
        client.get();
    }
}

/// Notes how far the load is, at equal intervals, until it is over.
void BenchRun::record(
    const Load& load,
    const std::future<bool>& whole,
    const std::function<void(double)>& progress
) {
    const UncountedAllocations own;
    const auto ended_before = host_.clock.ended();
    CourseRecorder recorder(host_.conninfo, load.duration);
    const auto begun = Clock::now();
    auto next = begun + course_.interval;
    for (; whole.wait_until(next) != std::future_status::ready; next += course_.interval) {
        const auto ended = static_cast<double>(host_.clock.ended() - ended_before);
        course_.ended.push_back(ended);
        recorder.look(std::chrono::duration<double>(Clock::now() - begun).count(), ended, course_);
        const auto share = load.duration ? std::chrono::duration<double>(Clock::now() - begun) /
                                               std::chrono::duration<double>(*load.duration)
                                         : ended / std::max(load.tasks, 1);
        progress(std::min(share, 1.0));
    }
}

/// Nothing where nobody is to be told: a host that polls must find the tasks by itself.
std::unique_ptr<Submitter> BenchRun::make_submitter(TaskMix& mix) const {
    const bool listens = options_.host.mode != DeploymentMode::polling_only;
    if (is_http(options_.via)) {
        return http_submitter(host_.url, mix, options_.via == Via::http_batch);
    }
    return sql_submitter(host_.conninfo, mix, listens && options_.via == Via::sql);
}

/// One client of the load: submits what is due, until there is no more.
void BenchRun::drive(Load& load, Submitter& submitter) {
    const auto cpu_before = thread_cpu_us();
    for (auto due = load.pace.next(submitter.most_per_call()); !due.empty();
         due = load.pace.next(submitter.most_per_call())) {
        const auto called = Clock::now();
        const auto submitted = submitter.submit(static_cast<std::int32_t>(due.size()));
        load.steps += submitted.steps;
        load.pace.lost(static_cast<std::int64_t>(due.size() - submitted.tasks.size()));
        {
            const std::scoped_lock lock(load.mutex);
            load.requests.add(Clock::now() - due.front());
        }
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
    load.cpu_us += thread_cpu_us() - cpu_before;
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
