#pragma once

#include "app/bench/load/task_clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace tenon::app {

/// When which task of a load is to be submitted. [any-thread]
class Pace {
public:
    using Clock = TaskClock::Clock;

    struct Options {
        std::int32_t tasks = 0;  ///< Unless there is a duration.
        std::optional<std::chrono::milliseconds> duration;
        double rate = 0;                 ///< Open loop: tasks per second, however the others fare.
        std::int32_t in_flight = 0;      ///< Closed loop: so many at once; 0: all at once.
        std::chrono::seconds limit{60};  ///< For any that is under way to end.
    };

    /// Begins now. `clock` tells how many tasks are under way.
    Pace(const Options& options, TaskClock& clock);

    /// Waits until tasks are due, takes up to `most` of them, and returns the moment each was due;
    /// nothing when the load is over, or when none ended within the limit.
    std::vector<Clock::time_point> next(std::int32_t most);

    /// So many of those that were given out could not be submitted.
    void lost(std::int64_t tasks);

    /// How many in all.
    std::int64_t lost() const noexcept { return lost_; }

    /// Waits until every task that was submitted has ended. False when one did not in time, here or
    /// in `next`.
    bool await_end();

    /// How many tasks were given out and not lost. Waits for a `next` that waits.
    std::int64_t given() const;

private:
    std::vector<Clock::time_point> next_due(std::unique_lock<std::mutex>& lock, std::int32_t most);
    std::int64_t left() const;
    bool over(Clock::time_point now) const;
    bool await_all_but(std::int64_t tasks);

    const Options options_;
    TaskClock& clock_;
    const Clock::time_point begun_ = Clock::now();
    const std::int64_t ended_before_;
    mutable std::mutex mutex_;
    std::int64_t given_ = 0;
    std::atomic<std::int64_t> lost_{0};
    bool stuck_ = false;
};

}  // namespace tenon::app
