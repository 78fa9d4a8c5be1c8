#include "worker/dispatch/running_steps.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace tenon::worker {
namespace {

// Longer than any call that claims steps can be under way.
constexpr std::chrono::minutes memory_of_cancellations(2);

StepFailure timed_out(const RunningStep& step, std::chrono::milliseconds grace) {
    const bool worn_out = step.deadline() != step.beat_at.value_or(step.begun_at) + step.limit;
    const auto limit = worn_out ? step.max_runtime : step.limit;
    return {
        .message = fmt::format(
            "{} was asked to stop after {} s{} and did not end within {} ms",
            step.callable,
            std::chrono::duration_cast<std::chrono::seconds>(limit).count(),
            worn_out       ? ", its longest run,"
            : step.beat_at ? " without a heartbeat"
                           : "",
            grace.count()
        ),
        .error_type = "HandlerContract",
        .error_code = "handler_timeout",
        .context_json = {},
        .retryable = std::nullopt,
        .retry_after = std::nullopt
    };
}

bool is_replaced(
    const RunningStep& step,
    RunningStep::Clock::time_point now,
    std::optional<std::chrono::milliseconds> limit
) {
    if (!limit || step.build == nullptr) {
        return false;
    }
    const auto since = step.build->replaced_at();
    return since && now >= *since + *limit;
}

}  // namespace

bool RunningSteps::enter(RunningStep& step) {
    bool wake = false;
    {
        const std::scoped_lock lock(mutex_);
        if (const auto known = cancelled_tasks_.find(step.task);
            known != cancelled_tasks_.end() && step.asked_at <= known->second) {
            return false;
        }
        steps_.push_back(step);
        wake = std::exchange(waits_for_first_, false);
    }
    if (wake) {
        news_.notify_all();
    }
    return true;
}

bool RunningSteps::leave(RunningStep& step) {
    const std::scoped_lock lock(mutex_);
    steps_.erase(steps_.iterator_to(step));
    statistics_.late += step.settled ? 1 : 0;
    return !step.settled;
}

bool RunningSteps::beat(RunningStep& step, Progress progress, Clock::time_point now) {
    bool first = false;
    {
        const std::scoped_lock lock(mutex_);
        if (step.token.cancelled()) {
            return false;
        }
        step.beat_at = now;
        step.progress = std::move(progress);
        first = !std::exchange(has_progress_, true);
    }
    if (first) {
        progress_made_.notify_one();
    }
    return true;
}

std::optional<std::vector<StepProgress>> RunningSteps::collect_progress(Clock::time_point not_before
) {
    std::unique_lock lock(mutex_);
    progress_made_.wait_until(lock, not_before, [this] { return stopping_; });
    progress_made_.wait(lock, [this] { return stopping_ || has_progress_; });
    if (stopping_) {
        return std::nullopt;
    }
    has_progress_ = false;
    std::vector<StepProgress> news;
    for (auto& step : steps_) {
        if (auto latest = std::exchange(step.progress, std::nullopt)) {
            news.push_back(
                {.step = {.task = step.task, .step_no = step.step_no, .attempt = step.attempt},
                 .progress = *std::move(latest)}
            );
        }
    }
    return news;
}

std::size_t RunningSteps::cancel_task(TaskId task) {
    const auto now = Clock::now();
    const std::scoped_lock lock(mutex_);
    forget_old_cancellations(now);
    cancelled_tasks_[task] = now;
    return static_cast<std::size_t>(std::ranges::count_if(steps_, [&](RunningStep& step) {
        return step.task == task && cancel(step, CancelReason::task);
    }));
}

std::size_t RunningSteps::cancel_all(CancelReason reason) {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(steps_, [&](RunningStep& step) {
        return cancel(step, reason);
    }));
}

std::vector<SettledStep> RunningSteps::enforce_limits(
    Clock::time_point now,
    const Patience& patience
) {
    std::vector<SettledStep> given_up;
    const std::scoped_lock lock(mutex_);
    for (auto& step : steps_) {
        if (is_replaced(step, now, patience.reload)) {
            statistics_.replaced += cancel(step, CancelReason::reload) ? 1 : 0;
        }
        const auto deadline = step.deadline();
        if (now < deadline) {
            continue;
        }
        statistics_.timed_out += cancel(step, CancelReason::deadline) ? 1 : 0;
        if (now < deadline + patience.grace || step.settled) {
            continue;
        }
        step.settled = true;
        ++statistics_.abandoned;
        given_up.push_back(
            {.task = step.task,
             .step_no = step.step_no,
             .attempt = step.attempt,
             .outcome = timed_out(step, patience.grace),
             .execution_time =
                 std::chrono::duration_cast<std::chrono::microseconds>(now - step.begun_at),
             .generation = step.generation}
        );
    }
    return given_up;
}

std::optional<RunningSteps::Clock::time_point> RunningSteps::oldest() const {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find_if(steps_, [](const RunningStep& step) {
        return !step.token.cancelled();
    });
    return found == steps_.end() ? std::nullopt : std::optional(found->begun_at);
}

std::vector<TaskId> RunningSteps::tasks() const {
    std::vector<TaskId> tasks;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& step : steps_) {
            if (!step.token.cancelled()) {
                tasks.push_back(step.task);
            }
        }
    }
    std::ranges::sort(tasks);
    const auto repeated = std::ranges::unique(tasks);
    tasks.erase(repeated.begin(), repeated.end());
    return tasks;
}

std::size_t RunningSteps::size() const {
    const std::scoped_lock lock(mutex_);
    return steps_.size();
}

RunningSteps::Statistics RunningSteps::statistics() const {
    const std::scoped_lock lock(mutex_);
    return statistics_;
}

bool RunningSteps::nap(std::chrono::milliseconds nap) {
    std::unique_lock lock(mutex_);
    if (steps_.empty()) {
        waits_for_first_ = true;
        news_.wait(lock, [this] { return stopping_ || !waits_for_first_; });
    }
    return !news_.wait_for(lock, nap, [this] { return stopping_; });
}

void RunningSteps::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    news_.notify_all();
    progress_made_.notify_all();
}

bool RunningSteps::cancel(RunningStep& step, CancelReason reason) {
    const bool first = step.token.cancel(reason);
    statistics_.cancelled += first ? 1 : 0;
    return first;
}

void RunningSteps::forget_old_cancellations(Clock::time_point now) {
    std::erase_if(cancelled_tasks_, [&](const auto& entry) {
        return now - entry.second > memory_of_cancellations;
    });
}

}  // namespace tenon::worker
