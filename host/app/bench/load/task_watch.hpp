#pragma once

#include "app/bench/load/task_clock.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

namespace tenon::app {

/// Tells a clock what became of tasks that other processes run, by asking the database. Starts and
/// ends are then by the database's clock, which takes the time before the commit; but one that is
/// alone under way is seen when it is visible. Errors of the database end the watch, and with it
/// the wait for the tasks. [any-thread]
class TaskWatch {
public:
    using Clock = TaskClock::Clock;

    TaskWatch(const std::string& conninfo, TaskClock& clock);
    ~TaskWatch();
    TaskWatch(const TaskWatch&) = delete;
    TaskWatch& operator=(const TaskWatch&) = delete;

    /// Tasks whose submission began at `called`.
    void follow(const std::vector<TaskId>& tasks, Clock::time_point called);

private:
    struct Followed {
        TaskId task;
        Clock::time_point called;
    };

    void run(const std::string& conninfo);
    std::vector<Followed> oldest();
    void forget(const std::unordered_set<TaskId>& ended);

    TaskClock& clock_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<Followed> followed_;  ///< In the order of submission.
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tenon::app
