#include "app/bench/load/task_watch.hpp"

#include "database/repositories/bench/bench_repository.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <unordered_map>

namespace tenon::app {
namespace {

// The first submitted are the first to end: more than these need not be asked for.
constexpr std::size_t window = 256;

constexpr std::chrono::microseconds pause_alone(500);
constexpr std::chrono::milliseconds pause(5);

std::chrono::nanoseconds from_ms(double ms) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double, std::milli>(ms)
    );
}

}  // namespace

TaskWatch::TaskWatch(const std::string& conninfo, TaskClock& clock)
    : clock_(clock), thread_([this, conninfo] { run(conninfo); }) {}

TaskWatch::~TaskWatch() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    more_.notify_all();
    thread_.join();
}

void TaskWatch::follow(const std::vector<TaskId>& tasks, Clock::time_point called) {
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& task : tasks) {
            followed_.push_back({task, called});
        }
    }
    more_.notify_all();
}

/// Waits until there is one; none when the watch is over.
std::vector<TaskWatch::Followed> TaskWatch::oldest() {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return stopping_ || !followed_.empty(); });
    if (stopping_) {
        return {};
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(followed_.size(), window));
    return {followed_.begin(), followed_.begin() + count};
}

void TaskWatch::forget(const std::unordered_set<TaskId>& ended) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(followed_, [&](const auto& of) { return ended.contains(of.task); });
}

void TaskWatch::run(const std::string& conninfo) try {
    database::BenchRepository database(conninfo);
    for (auto tasks = oldest(); !tasks.empty(); tasks = oldest()) {
        std::unordered_map<TaskId, Clock::time_point> called;
        std::vector<TaskId> ids;
        for (const auto& task : tasks) {
            called.emplace(task.task, task.called);
            ids.push_back(task.task);
        }
        std::unordered_set<TaskId> ended;
        for (const auto& task : database.settled(ids)) {
            const auto from = called.at(task.task);
            if (task.start_ms) {
                clock_.started(task.task, 0, from + from_ms(*task.start_ms));
            }
            for (const double ms : task.step_ms) {
                clock_.settled(task.task, from_ms(ms));
            }
            const auto at = tasks.size() == 1 ? Clock::now() : from + from_ms(task.complete_ms);
            clock_.finished(task.task, task.state == "complete", at);
            ended.insert(task.task);
        }
        if (ended.empty()) {
            std::this_thread::sleep_for(tasks.size() == 1 ? pause_alone : pause);
        } else {
            forget(ended);
        }
    }
} catch (const std::exception& error) {
    log::warning("bench", std::string("the watch over tasks ended: ") + error.what());
}

}  // namespace tenon::app
