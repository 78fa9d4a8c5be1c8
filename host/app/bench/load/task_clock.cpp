#include "app/bench/load/task_clock.hpp"

#include <algorithm>

namespace tenon::app {

void TaskTimes::add(const TaskTimes& other) {
    start.add(other.start);
    settle.add(other.settle);
    complete.add(other.complete);
    ended += other.ended;
    failed += other.failed;
}

TaskClock::Part& TaskClock::part_of(TaskId task) {
    return parts_[std::hash<TaskId>{}(task) % parts_.size()];
}

void TaskClock::submitted(TaskId task, Clock::time_point due) {
    auto& part = part_of(task);
    bool ended = false;
    {
        const std::scoped_lock lock(part.mutex);
        auto& moments = part.tasks[task];
        moments.due = due;
        ended = close(part, task, moments);
    }
    if (ended) {
        one_ended();
    }
}

void TaskClock::started(TaskId task, StepNo step, Clock::time_point at) {
    auto& part = part_of(task);
    const std::scoped_lock lock(part.mutex);
    auto& moments = part.tasks[task];
    if (!moments.started) {
        moments.started = at;
    }
    moments.running.emplace_back(step, at);
}

void TaskClock::settled(TaskId task, StepNo step, Clock::time_point at) {
    auto& part = part_of(task);
    const std::scoped_lock lock(part.mutex);
    const auto known = part.tasks.find(task);
    if (known == part.tasks.end()) {
        return;
    }
    auto& running = known->second.running;
    const auto begun = std::ranges::find(running, step, [](const auto& of) { return of.first; });
    if (begun != running.end()) {
        part.times.settle.add(at - begun->second);
        *begun = running.back();
        running.pop_back();
    }
}

void TaskClock::settled(TaskId task, std::chrono::nanoseconds took) {
    auto& part = part_of(task);
    const std::scoped_lock lock(part.mutex);
    part.times.settle.add(took);
}

void TaskClock::finished(TaskId task, bool succeeded, Clock::time_point at) {
    auto& part = part_of(task);
    bool ended = false;
    {
        const std::scoped_lock lock(part.mutex);
        auto& moments = part.tasks[task];
        moments.finished = at;
        moments.succeeded = succeeded;
        ended = close(part, task, moments);
    }
    if (ended) {
        one_ended();
    }
}

/// Forgets a task of which all is known.
bool TaskClock::close(Part& part, TaskId task, const Moments& moments) {
    if (!moments.due || !moments.finished) {
        return false;
    }
    part.times.start.add(moments.started.value_or(*moments.finished) - *moments.due);
    part.times.complete.add(*moments.finished - *moments.due);
    ++part.times.ended;
    part.times.failed += moments.succeeded ? 0 : 1;
    part.tasks.erase(task);
    return true;
}

// To wake a waiter costs more than to count, so it is done for the last task that it waits for.
void TaskClock::one_ended() {
    if (++ended_ >= awaited_) {
        const std::scoped_lock lock(mutex_);
        enough_.notify_all();
    }
}

bool TaskClock::wait(std::int64_t count, Clock::time_point until) {
    std::unique_lock lock(mutex_);
    awaited_ = count;
    const bool enough = enough_.wait_until(lock, until, [&] { return ended_ >= count; });
    awaited_ = nobody;
    return enough;
}

TaskTimes TaskClock::take() {
    TaskTimes all;
    for (auto& part : parts_) {
        const std::scoped_lock lock(part.mutex);
        all.add(part.times);
        part.times = {};
    }
    return all;
}

}  // namespace tenon::app
