#include "orchestration/services/retry_timer_service.hpp"

#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace tenon::orchestration {
namespace {

constexpr std::int32_t batch = 500;

// The bell may be lost and other hosts may be killed: nothing waits longer than this.
constexpr std::chrono::milliseconds longest_sleep(1000);
constexpr std::chrono::milliseconds pause_after_failure(250);

}  // namespace

RetryTimerService::RetryTimerService(database::StepRepository& steps, OnReleased on_released)
    : steps_(steps), on_released_(std::move(on_released)), thread_([this] { run(); }) {}

RetryTimerService::~RetryTimerService() {
    stop();
}

void RetryTimerService::scheduled(std::chrono::milliseconds delay) {
    {
        const std::scoped_lock lock(mutex_);
        next_ = std::min(next_, Clock::now() + delay);
    }
    changed_.notify_one();
}

void RetryTimerService::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void RetryTimerService::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (Clock::now() < next_) {
            changed_.wait_until(lock, next_);
            continue;
        }
        next_ = Clock::now() + longest_sleep;
        lock.unlock();
        const auto next = release();
        lock.lock();
        next_ = std::min(next_, next);
    }
}

RetryTimerService::Clock::time_point RetryTimerService::release() {
    try {
        const auto released = steps_.release_due(batch);
        if (!released.namespaces.empty()) {
            on_released_(released.namespaces);
        }
        return Clock::now() + released.next_in.value_or(longest_sleep);
    } catch (const std::exception& error) {
        log::warning("retry timer", error.what());
        return Clock::now() + pause_after_failure;
    }
}

}  // namespace tenon::orchestration
