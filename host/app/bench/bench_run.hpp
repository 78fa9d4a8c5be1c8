#pragma once

#include "app/bench/bench_options.hpp"
#include "app/bench/bench_report.hpp"
#include "app/bench/task_clock.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace tenon::app {

/// Puts load on a database that hosts serve, and measures it from outside the hosts.
class BenchRun {
public:
    /// How this run learns of starts and ends, and how it wakes the host.
    struct Host {
        std::string conninfo;
        /// After a submission; empty where the host listens for the submission's own NOTIFY.
        std::function<void(const std::string& namespace_name)> wake;
        /// Round trips of the workers so far; empty where only their beats tell.
        std::function<std::int64_t()> calls;
        /// Ends the work, so that every session reports its statistics; may be empty.
        std::function<void()> quiesce;
        TaskClock* clock = nullptr;  ///< Filled by the host's hooks; null: the database is polled.
    };

    BenchRun(BenchOptions options, Host host);

    /// Warms up, measures, and returns the report. `progress` hears the share that is done.
    BenchReport run(const std::function<void(double)>& progress);

    /// How the last run went, as far as there is a clock.
    const BenchCourse& course() const noexcept { return course_; }

private:
    using Clock = std::chrono::steady_clock;

    struct Sample {
        double start_ms = 0;
        double complete_ms = 0;
        bool succeeded = false;
    };

    struct Meter;

    std::vector<Sample> load(std::int32_t tasks, const std::function<void(double)>& progress);
    std::vector<Sample> load_at_rate(
        std::int32_t tasks,
        const std::function<void(double)>& progress
    );
    void submit_due(
        database::BenchRepository& database,
        std::vector<TaskId>& ids,
        std::int32_t due,
        Clock::time_point begun
    );
    std::vector<Sample> drive(
        std::int32_t tasks,
        std::int32_t batch,
        std::atomic<std::int64_t>& done
    );
    void await(
        database::BenchRepository& database,
        const std::vector<TaskId>& tasks,
        Clock::time_point begun,
        std::vector<Sample>& samples
    );
    Meter read_meter(database::BenchRepository& database, int backend) const;
    void await_beats(database::BenchRepository& database) const;

    const BenchOptions options_;
    const Host host_;
    std::atomic<std::int64_t> driver_cpu_us_{0};  ///< Spent by the load's own threads.
    BenchCourse course_;
};

}  // namespace tenon::app
