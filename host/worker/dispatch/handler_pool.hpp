#pragma once

#include "domain/step/step_outcome.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
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
/// whenever a claimed step has waited longer than `patience` although it has a slot, threads are
/// added, up to one per slot. So a slot is always as good as a thread, and an idle pool costs
/// nothing. The mutex guards the queue and the thread list, never a handler.
class HandlerPool {
public:
    struct Options {
        std::size_t core_threads = 2;   ///< Made at once; none is ever ended before `stop`.
        std::size_t max_threads = 128;  ///< One per slot.
        std::chrono::microseconds patience{1000};
    };

    using Run = std::function<void(ClaimedStep)>;

    HandlerPool(Options options, Run run);
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
    void watch();
    void add_thread();
    std::vector<ClaimedStep> take_if(const std::function<bool(const ClaimedStep&)>& wanted);
    bool overdue() const;

    const Options options_;
    const Run run_;

    mutable std::mutex mutex_;
    std::condition_variable work_ready_;
    std::condition_variable pressure_;
    std::condition_variable_any idle_changed_;
    std::deque<Waiting> queue_;
    std::size_t idle_ = 0;
    std::size_t busy_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
    std::thread watcher_;
};

}  // namespace tenon::worker
