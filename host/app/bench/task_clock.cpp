#include "app/bench/task_clock.hpp"

namespace tenon::app {

void TaskClock::submitted(const std::vector<TaskId>& tasks, Clock::time_point begun) {
    const std::scoped_lock lock(mutex_);
    for (const auto& task : tasks) {
        tasks_[task].submitted = begun;
    }
}

void TaskClock::started(TaskId task, Clock::time_point at) {
    const std::scoped_lock lock(mutex_);
    auto& moments = tasks_[task];
    if (!moments.started) {
        moments.started = at;
    }
}

void TaskClock::finished(TaskId task, bool succeeded, Clock::time_point at) {
    {
        const std::scoped_lock lock(mutex_);
        auto& moments = tasks_[task];
        ++ended_count_;
        moments.finished = at;
        moments.succeeded = succeeded;
    }
    ended_.notify_all();
}

std::size_t TaskClock::ended() const {
    const std::scoped_lock lock(mutex_);
    return ended_count_;
}

bool TaskClock::wait(const std::vector<TaskId>& tasks, Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    std::size_t ended = 0;
    return ended_.wait_until(lock, deadline, [&] {
        while (ended < tasks.size() && tasks_[tasks[ended]].finished) {
            ++ended;
        }
        return ended == tasks.size();
    });
}

std::vector<TaskClock::Latency> TaskClock::take(const std::vector<TaskId>& tasks) {
    const std::scoped_lock lock(mutex_);
    std::vector<Latency> latencies;
    latencies.reserve(tasks.size());
    for (const auto& task : tasks) {
        const auto& moments = tasks_.at(task);
        const auto finished = moments.finished.value();
        latencies.push_back(
            {.start = moments.started.value_or(finished) - moments.submitted,
             .complete = finished - moments.submitted,
             .succeeded = moments.succeeded}
        );
        tasks_.erase(task);
    }
    return latencies;
}

}  // namespace tenon::app
