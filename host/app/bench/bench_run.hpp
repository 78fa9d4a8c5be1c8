#pragma once

#include "app/bench/bench_options.hpp"
#include "app/bench/load/pace.hpp"
#include "app/bench/load/submission.hpp"
#include "app/bench/load/task_clock.hpp"
#include "app/bench/report/bench_report.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tenon::app {

class TaskWatch;

/// Puts load on a database that hosts serve, and measures it from outside the hosts.
class BenchRun {
public:
    /// How this run learns of starts and ends, and how it wakes the host.
    struct Host {
        std::string conninfo;
        TaskClock& clock;            ///< Filled by the host's hooks, or by `watch`.
        TaskWatch* watch = nullptr;  ///< Asks the database where no hooks are; or null.
        bool own = false;            ///< A host runs in this process.
        std::string url;             ///< Of its HTTP.
        /// After a submission; empty where the host learns of it by itself.
        std::function<void(const std::string& namespace_name)> wake;
        /// Round trips of the worker so far; empty where only beats tell, because there are more.
        std::function<std::int64_t()> calls;
        /// Ends the work, so that every session reports its statistics; empty: waits for that.
        std::function<void()> quiesce;
    };

    BenchRun(BenchOptions options, Host host);

    /// Warms up, measures, and returns the report. `progress` hears the share that is done.
    BenchReport run(const std::function<void(double)>& progress);

    /// How the last run went.
    const BenchCourse& course() const noexcept { return course_; }

private:
    using Clock = TaskClock::Clock;

    struct Load;

    TaskMix read_mix(database::BenchRepository& database) const;
    void load(Load& load, const std::function<void(double)>& progress);
    void record(
        const Load& load,
        const std::future<bool>& whole,
        const std::function<void(double)>& progress
    );
    void submit(Load& load);
    void drive(Load& load, Submitter& submitter);
    BenchReport outcome_of(const Load& load, Clock::time_point begun);
    std::unique_ptr<Submitter> make_submitter(TaskMix& mix) const;
    void await_beats(database::BenchRepository& database) const;

    const BenchOptions options_;
    const Host host_;
    BenchCourse course_;
};

}  // namespace tenon::app
