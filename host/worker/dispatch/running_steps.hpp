#pragma once

#include "domain/ids.hpp"
#include "domain/step/step_progress.hpp"
#include "plugin_host/reload/call_tally.hpp"
#include "worker/dispatch/cancel_token.hpp"

#include <boost/intrusive/list.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenon::worker {

/// One handler at work: what it runs, until when it may, and the request to stop. Lives on the
/// stack of the thread that runs it.
struct RunningStep : boost::intrusive::list_base_hook<> {
    using Clock = std::chrono::steady_clock;

    TaskId task;
    StepNo step_no = 0;
    std::int32_t attempt = 0;
    std::string_view callable;
    Clock::time_point asked_at;  ///< When the call was sent that claimed it.
    Clock::time_point begun_at;
    std::chrono::milliseconds limit{};        ///< How long it may run without a sign of life.
    std::chrono::milliseconds max_runtime{};  ///< How long with any number of them; 0: no limit.
    std::int32_t generation = 0;              ///< Of the build that runs it,
    const plugin_host::CallTally* build = nullptr;  ///< and what is known of that; null: nothing.
    CancelToken token = {};

    // Guarded by the registry.
    bool settled = false;                             ///< In its place: it would not end.
    std::optional<Clock::time_point> beat_at = {};    ///< Its last sign of life.
    std::optional<Progress> progress = std::nullopt;  ///< What was not reported yet.

    Clock::time_point deadline() const {
        const auto renewed = beat_at.value_or(begun_at) + limit;
        return max_runtime.count() == 0 ? renewed : std::min(renewed, begun_at + max_runtime);
    }
};

/// The handlers at work, and the ways to ask them to stop. [any-thread]
///
/// The mutex guards a linked list and a small table; entering and leaving cost a few nanoseconds
/// and no allocation. The list is in the order in which handlers began.
class RunningSteps {
public:
    using Clock = RunningStep::Clock;

    /// Counters since the start.
    struct Statistics {
        std::uint64_t cancelled = 0;  ///< Handlers that were asked to stop, deadlines included.
        std::uint64_t timed_out = 0;  ///< Of these, the ones whose time was up.
        std::uint64_t abandoned = 0;  ///< Of these, the ones that were settled in their place.
        std::uint64_t late = 0;       ///< Of these, the ones that ended after all; ignored.
        std::uint64_t replaced = 0;   ///< Asked to stop because there is a newer build.
    };

    /// A handler begins. False when its task was cancelled after the step was asked for: then it
    /// must not begin, and there is nothing to leave.
    bool enter(RunningStep& step);

    /// A handler ended. False when its step was settled in its place: its result is ignored.
    bool leave(RunningStep& step);

    /// A sign of life: the time limit counts from here. False when the handler should stop; then
    /// nothing is renewed.
    bool beat(RunningStep& step, Progress progress, Clock::time_point now);

    /// Waits until `not_before`, and for news of progress; returns the latest of every step that
    /// has any. nullopt once stopped.
    std::optional<std::vector<StepProgress>> collect_progress(Clock::time_point not_before);

    /// Asks every running step of the task to stop, and keeps those from beginning that were
    /// claimed by a call that is still under way. Returns how many were asked.
    std::size_t cancel_task(TaskId task);

    /// Asks everything that runs to stop. Returns how many were asked.
    std::size_t cancel_all(CancelReason reason);

    /// How long handlers may go on.
    struct Patience {
        std::chrono::milliseconds grace;  ///< After their time was up.
        std::optional<std::chrono::milliseconds> reload = std::nullopt;  ///< Unset: no limit.
    };

    /// Asks those to stop whose time is up, and gives up those that are `grace` beyond it: what is
    /// returned is to be settled in their place, with code `handler_timeout`. Asks those to stop
    /// also whose build was replaced `reload` ago.
    std::vector<SettledStep> enforce_limits(Clock::time_point now, const Patience& patience);

    /// When the oldest handler began that nobody asked to stop; nullopt when there is none.
    std::optional<Clock::time_point> oldest() const;

    /// The tasks of all handlers that nobody asked to stop, each once.
    std::vector<TaskId> tasks() const;

    std::size_t size() const;

    Statistics statistics() const;

    /// Sleeps for `nap`, but before that for as long as no handler runs. False once stopped.
    bool nap(std::chrono::milliseconds nap);

    /// Ends every nap and every wait.
    void stop();

private:
    bool cancel(RunningStep& step, CancelReason reason);
    void forget_old_cancellations(Clock::time_point now);

    mutable std::mutex mutex_;
    std::condition_variable news_;
    std::condition_variable progress_made_;
    boost::intrusive::list<RunningStep> steps_;
    std::unordered_map<TaskId, Clock::time_point> cancelled_tasks_;  ///< And when we learned it.
    Statistics statistics_;
    bool waits_for_first_ = false;
    bool has_progress_ = false;
    bool stopping_ = false;
};

}  // namespace tenon::worker
