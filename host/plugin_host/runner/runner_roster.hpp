#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace tenon::plugin_host {

/// What is known of the runners of one build.
struct RunnersStatus {
    std::vector<pid_t> pids;    ///< Of those that are there, the oldest first.
    std::uint64_t started = 0;  ///< Of all times.
    std::uint64_t crashed = 0;  ///< Ended by themselves or killed for a fault.
};

/// The runners of one build, for those who ask. It may outlive the build. [any-thread]
class RunnerRoster {
public:
    void enter(pid_t pid) {
        const std::lock_guard lock(mutex_);
        status_.pids.push_back(pid);
        ++status_.started;
    }

    void leave(pid_t pid) {
        const std::lock_guard lock(mutex_);
        std::erase(status_.pids, pid);
    }

    void crashed() {
        const std::lock_guard lock(mutex_);
        ++status_.crashed;
    }

    RunnersStatus status() const {
        const std::lock_guard lock(mutex_);
        return status_;
    }

private:
    mutable std::mutex mutex_;  // Guards what follows, for a copy or less.
    RunnersStatus status_;
};

}  // namespace tenon::plugin_host
