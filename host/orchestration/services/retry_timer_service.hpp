#pragma once

#include "database/repositories/step_repository.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenon::orchestration {

/// Puts steps back on their queues when their time has come: sleeps until the next is due, or until
/// somebody says that an earlier one was scheduled. Several hosts may run it at once.
class RetryTimerService {
public:
    /// Told which namespaces got steps. [pool]
    using OnReleased = std::function<void(const std::vector<std::string>&)>;

    RetryTimerService(database::StepRepository& steps, OnReleased on_released);
    ~RetryTimerService();
    RetryTimerService(const RetryTimerService&) = delete;
    RetryTimerService& operator=(const RetryTimerService&) = delete;

    /// A step falls due after `delay`. [any-thread]
    void scheduled(std::chrono::milliseconds delay);

    void stop();

private:
    using Clock = std::chrono::steady_clock;

    void run();
    Clock::time_point release();

    database::StepRepository& steps_;
    const OnReleased on_released_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Clock::time_point next_{};  ///< When to look again; the beginning of time at the start.
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tenon::orchestration
