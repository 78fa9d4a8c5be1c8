#pragma once

#include "domain/step/step_outcome.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace tenon::worker {

/// Threads that run handlers, which may block for as long as they like. [any-thread]
///
/// The pool is elastic: a few threads drain a stream of quick steps without context switches, and
/// whenever a claimed step has waited longer than `patience` without any step having ended, threads
/// are woken or added, up to one per slot. So a slot is as good as a thread, and an idle pool costs
/// nothing. Steps that were claimed beyond the slots and find all of them taken for a while are
/// handed back. The mutex guards the queue and the thread list, never a handler.
class HandlerPool {
public:
    struct Options {
        std::size_t core_threads = 2;   ///< Made at once; none is ever ended before `stop`.
        std::size_t max_threads = 128;  ///< One per slot.
        std::chrono::microseconds patience{1000};
        /// How long a step may wait while every thread there may be runs a handler.
        std::chrono::milliseconds hand_back_after{100};
    };

    using Run = std::function<void(ClaimedStep)>;

    /// Steps for which there is no thread in sight: for other hosts. On a thread of the pool.
    using HandBack = std::function<void(std::vector<ClaimedStep>)>;

    /// Without `hand_back` steps wait for as long as it takes.
    HandlerPool(Options options, Run run, HandBack hand_back = nullptr);
    ~HandlerPool();
    HandlerPool(const HandlerPool&) = delete;
    HandlerPool& operator=(const HandlerPool&) = delete;

    void push(std::vector<ClaimedStep> steps);

    /// Takes back the steps that no handler has begun. What is pushed later runs as ever.
    std::vector<ClaimedStep> take_unstarted();

    /// Those of one task only.
    std::vector<ClaimedStep> take_unstarted(TaskId task);

    /// Waits for the handlers that run, at most until `deadline` or until somebody loses patience;
    /// true when all have ended.
    bool wait_idle(
        std::chrono::steady_clock::time_point deadline,
        const std::stop_token& impatience = {}
    );

    /// Ends the threads; the queue must be empty and no handler running.
    void stop();

    std::size_t thread_count() const;

private:
    using Clock = std::chrono::steady_clock;

    struct Waiting {
        ClaimedStep step;
        Clock::time_point since;
    };

    void work();
    void note_end(Clock::duration took);
    void watch();
    void make_room();
    void add_thread();
    std::vector<ClaimedStep> take_if(const std::function<bool(const Waiting&)>& wanted);
    bool is_quick() const;
    bool may_grow() const;
    bool is_overdue();

    const Options options_;
    const Run run_;
    const HandBack hand_back_;

    mutable std::mutex mutex_;
    std::condition_variable work_ready_;
    std::condition_variable pressure_;
    std::condition_variable_any idle_changed_;
    std::deque<Waiting> queue_;
    std::size_t idle_ = 0;
    std::size_t busy_ = 0;
    Clock::duration typical_{};             // What a handler takes, smoothed.
    std::uint64_t ended_ = 0;               // Handlers so far,
    std::uint64_t ended_at_last_look_ = 0;  // and when the watcher looked.
    bool stopping_ = false;
    std::vector<std::thread> threads_;
    std::thread watcher_;
};

}  // namespace tenon::worker
