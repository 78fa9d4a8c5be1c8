#pragma once

#include "app/bench/measures/latency_histogram.hpp"
#include "domain/ids.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tenon::app {

/// What a load's tasks took.
struct TaskTimes {
    LatencyHistogram start;     ///< Submission → first handler.
    LatencyHistogram settle;    ///< Of every step: its handler begins → its result is committed.
    LatencyHistogram complete;  ///< Submission → end committed.
    std::int64_t ended = 0;
    std::int64_t failed = 0;

    void add(const TaskTimes& other);
};

/// The moments of each task: when its submission was due, when its handlers began, when their
/// results were committed, and when its end was. They may be reported in any order, because a task
/// can end before its submitter has heard of its beginning. A task that ended is forgotten but for
/// what it took. [any-thread]
class TaskClock {
public:
    using Clock = std::chrono::steady_clock;

    void submitted(TaskId task, Clock::time_point due);
    void started(TaskId task, StepNo step, Clock::time_point at);
    void settled(TaskId task, StepNo step, Clock::time_point at);
    void finished(TaskId task, bool succeeded, Clock::time_point at);

    /// A step of which somebody else took the time.
    void settled(TaskId task, std::chrono::nanoseconds took);

    /// How many submitted tasks have ended so far.
    std::int64_t ended() const noexcept { return ended_; }

    /// Waits until `count` tasks have ended, at most until `until`; false when fewer have. One
    /// waiter at a time.
    bool wait(std::int64_t count, Clock::time_point until);

    /// What the tasks took that ended since the last time.
    TaskTimes take();

private:
    static constexpr auto nobody = std::numeric_limits<std::int64_t>::max();

    struct Moments {
        std::optional<Clock::time_point> due;
        std::optional<Clock::time_point> started;
        std::optional<Clock::time_point> finished;
        bool succeeded = false;
        std::vector<std::pair<StepNo, Clock::time_point>> running;
    };

    // Handlers and lanes report at once: each keeps to the tasks of one part.
    struct Part {
        std::mutex mutex;
        std::unordered_map<TaskId, Moments> tasks;
        TaskTimes times;
    };

    Part& part_of(TaskId task);
    bool close(Part& part, TaskId task, const Moments& moments);
    void one_ended();

    std::array<Part, 16> parts_;
    std::atomic<std::int64_t> ended_{0};
    std::atomic<std::int64_t> awaited_{nobody};  ///< What `wait` waits for.
    std::mutex mutex_;
    std::condition_variable enough_;
};

}  // namespace tenon::app
