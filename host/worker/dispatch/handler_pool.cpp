#include "worker/dispatch/handler_pool.hpp"

#include "plugin_host/crash/alternate_stack.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tenon::worker {

HandlerPool::HandlerPool(Options options, Run run) : options_(options), run_(std::move(run)) {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < std::min(options_.core_threads, options_.max_threads); ++i) {
        add_thread();
    }
    watcher_ = std::thread([this] { watch(); });
}

HandlerPool::~HandlerPool() {
    stop();
}

void HandlerPool::push(std::vector<ClaimedStep> steps) {
    if (steps.empty()) {
        return;
    }
    const auto now = Clock::now();
    std::size_t to_wake = 0;
    bool pressed = false;
    {
        const std::scoped_lock lock(mutex_);
        for (auto& step : steps) {
            queue_.push_back({std::move(step), now});
        }
        to_wake = std::min(idle_, queue_.size());
        pressed = queue_.size() > idle_;
    }
    for (std::size_t i = 0; i < to_wake; ++i) {
        work_ready_.notify_one();
    }
    if (pressed) {
        pressure_.notify_one();
    }
}

std::vector<ClaimedStep> HandlerPool::take_unstarted() {
    return take_if([](const ClaimedStep&) { return true; });
}

std::vector<ClaimedStep> HandlerPool::take_unstarted(TaskId task) {
    return take_if([task](const ClaimedStep& step) { return step.task == task; });
}

std::vector<ClaimedStep> HandlerPool::take_if(const std::function<bool(const ClaimedStep&)>& wanted
) {
    std::vector<ClaimedStep> taken;
    const std::scoped_lock lock(mutex_);
    std::deque<Waiting> rest;
    for (auto& waiting : queue_) {
        if (wanted(waiting.step)) {
            taken.push_back(std::move(waiting.step));
        } else {
            rest.push_back(std::move(waiting));
        }
    }
    queue_.swap(rest);
    if (busy_ == 0 && queue_.empty()) {
        idle_changed_.notify_all();
    }
    return taken;
}

bool HandlerPool::wait_idle(
    std::chrono::steady_clock::time_point deadline,
    const std::stop_token& impatience
) {
    std::unique_lock lock(mutex_);
    return idle_changed_.wait_until(lock, impatience, deadline, [this] {
        return queue_.empty() && busy_ == 0;
    });
}

void HandlerPool::stop() {
    std::vector<std::thread> threads;
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        threads.swap(threads_);
    }
    work_ready_.notify_all();
    pressure_.notify_all();
    for (auto& thread : threads) {
        thread.join();
    }
    if (watcher_.joinable()) {
        watcher_.join();
    }
}

std::size_t HandlerPool::thread_count() const {
    const std::scoped_lock lock(mutex_);
    return threads_.size();
}

void HandlerPool::work() {
    const plugin_host::AlternateStack stack;
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        work_ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        --idle_;
        if (queue_.empty()) {
            return;
        }
        auto step = std::move(queue_.front().step);
        queue_.pop_front();
        ++busy_;
        lock.unlock();
        run_(std::move(step));
        lock.lock();
        --busy_;
        if (busy_ == 0 && queue_.empty()) {
            idle_changed_.notify_all();
        }
    }
}

// Sleeps while nothing waits; otherwise looks every `patience` whether the head of the queue has
// waited too long, and then adds a thread for every step that waits.
void HandlerPool::watch() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        pressure_.wait(lock, [this] {
            return stopping_ || (!queue_.empty() && threads_.size() < options_.max_threads);
        });
        pressure_.wait_for(lock, options_.patience, [this] { return stopping_; });
        if (stopping_ || !overdue()) {
            continue;
        }
        const auto room = options_.max_threads - threads_.size();
        for (std::size_t i = std::min(queue_.size(), room); i > 0; --i) {
            add_thread();
        }
    }
}

void HandlerPool::add_thread() {
    threads_.emplace_back([this] { work(); });
}

bool HandlerPool::overdue() const {
    return !queue_.empty() && threads_.size() < options_.max_threads &&
           Clock::now() - queue_.front().since > options_.patience;
}

}  // namespace tenon::worker
