#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace tenon::app {

/// Listens to people who lose patience while the host stops: the second SIGTERM or SIGINT hastens,
/// the third ends the process at once. Both signals are blocked in every thread. One at a time in a
/// process.
class StopSignals {
public:
    /// `hasten` is called once, on a thread of this object.
    explicit StopSignals(std::function<void()> hasten);

    /// Hears no more signals.
    ~StopSignals();

    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// What a process ends with that one of these signals ended at once.
    static constexpr int exit_code(int signal) noexcept { return 128 + signal; }

private:
    void run();

    const std::function<void()> hasten_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace tenon::app
