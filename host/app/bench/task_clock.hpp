#pragma once

#include "domain/ids.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tenon::app {

/// The moments of each task, seen from inside the process: when the submission was begun, when its
/// first handler began, and when its end was committed. They may be reported in any order, because
/// a task can end before its submitter has heard of its beginning. [any-thread]
class TaskClock {
public:
    using Clock = std::chrono::steady_clock;

    struct Latency {
        std::chrono::nanoseconds start{};     ///< Submission → first handler.
        std::chrono::nanoseconds complete{};  ///< Submission → end committed.
        bool succeeded = false;
    };

    void submitted(const std::vector<TaskId>& tasks, Clock::time_point begun);
    void started(TaskId task, Clock::time_point at);
    void finished(TaskId task, bool succeeded, Clock::time_point at);

    /// How many tasks have ended, those included that were taken.
    std::size_t ended() const;

    /// Waits until all of `tasks` have ended, at most until `deadline`; false when some have not.
    bool wait(const std::vector<TaskId>& tasks, Clock::time_point deadline);

    /// The latencies of tasks that have all ended; they are forgotten here.
    std::vector<Latency> take(const std::vector<TaskId>& tasks);

private:
    struct Moments {
        Clock::time_point submitted;
        std::optional<Clock::time_point> started;
        std::optional<Clock::time_point> finished;
        bool succeeded = false;
    };

    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t ended_count_ = 0;
    std::unordered_map<TaskId, Moments> tasks_;
};

}  // namespace tenon::app
