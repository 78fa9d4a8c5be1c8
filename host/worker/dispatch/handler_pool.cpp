#include "worker/dispatch/handler_pool.hpp"

#include "plugin_host/crash/alternate_stack.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tenon::worker {
namespace {

using namespace std::chrono_literals;

// To wake a thread costs about as much as a handler that takes this long.
constexpr auto quick = 200us;

// One handler that was interrupted says little: no more than this counts of it.
constexpr auto longest_sample = 2ms;
constexpr int smoothing = 32;

// While handlers end, a step may wait longer, because it will have its turn soon.
constexpr int patience_in_a_stream = 16;

}  // namespace

HandlerPool::HandlerPool(Options options, Run run, HandBack hand_back)
    : options_(options), run_(std::move(run)), hand_back_(std::move(hand_back)) {
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
        if (is_quick()) {
            to_wake = std::min(to_wake, options_.core_threads);
        }
        pressed = queue_.size() > to_wake;
    }
    for (std::size_t i = 0; i < to_wake; ++i) {
        work_ready_.notify_one();
    }
    if (pressed) {
        pressure_.notify_one();
    }
}

std::vector<ClaimedStep> HandlerPool::take_unstarted() {
    return take_if([](const Waiting&) { return true; });
}

std::vector<ClaimedStep> HandlerPool::take_unstarted(TaskId task) {
    return take_if([task](const Waiting& waiting) { return waiting.step.task == task; });
}

std::vector<ClaimedStep> HandlerPool::take_if(const std::function<bool(const Waiting&)>& wanted) {
    std::vector<ClaimedStep> taken;
    const std::scoped_lock lock(mutex_);
    std::deque<Waiting> rest;
    for (auto& waiting : queue_) {
        if (wanted(waiting)) {
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
        const auto begun = Clock::now();
        run_(std::move(step));
        const auto took = Clock::now() - begun;
        lock.lock();
        note_end(took);
        if (busy_ == 0 && queue_.empty()) {
            idle_changed_.notify_all();
        }
    }
}

void HandlerPool::note_end(Clock::duration took) {
    --busy_;
    ++ended_;
    typical_ += (std::min<Clock::duration>(took, longest_sample) - typical_) / smoothing;
}

bool HandlerPool::is_quick() const {
    return ended_ > 0 && typical_ < quick;
}

// Sleeps while nothing waits; otherwise looks every `patience` whether the head of the queue has
// waited too long.
void HandlerPool::watch() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        pressure_.wait(lock, [this] {
            return stopping_ || (!queue_.empty() && (may_grow() || hand_back_));
        });
        const std::chrono::microseconds pause =
            may_grow() ? options_.patience : options_.hand_back_after / 4;
        pressure_.wait_for(lock, pause, [this] { return stopping_; });
        if (stopping_ || queue_.empty()) {
            continue;
        }
        if (may_grow()) {
            make_room();
        } else if (hand_back_) {
            lock.unlock();
            const auto since = Clock::now() - options_.hand_back_after;
            auto steps =
                take_if([since](const Waiting& waiting) { return waiting.since <= since; });
            if (!steps.empty()) {
                hand_back_(std::move(steps));
            }
            lock.lock();
        }
    }
}

// A thread for every step that waits.
void HandlerPool::make_room() {
    if (!is_overdue()) {
        return;
    }
    const auto idle = std::min(idle_, queue_.size());
    const auto room = options_.max_threads - threads_.size();
    for (std::size_t i = std::min(queue_.size() - idle, room); i > 0; --i) {
        add_thread();
    }
    for (std::size_t i = idle; i > 0; --i) {
        work_ready_.notify_one();
    }
}

// Sleeping threads count, for they need not wake by themselves.
bool HandlerPool::may_grow() const {
    return threads_.size() < options_.max_threads || idle_ > 0;
}

bool HandlerPool::is_overdue() {
    const bool stuck = std::exchange(ended_at_last_look_, ended_) == ended_;
    const auto waited = Clock::now() - queue_.front().since;
    return waited > (stuck ? 1 : patience_in_a_stream) * options_.patience;
}

void HandlerPool::add_thread() {
    threads_.emplace_back([this] { work(); });
}

}  // namespace tenon::worker
