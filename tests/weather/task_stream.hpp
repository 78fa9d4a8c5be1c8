#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tenon::testing {

/// A client that keeps on submitting small tasks over HTTP, whatever is answered.
class TaskStream {
public:
    explicit TaskStream(std::string url);
    ~TaskStream();
    TaskStream(const TaskStream&) = delete;
    TaskStream& operator=(const TaskStream&) = delete;

    /// How many tasks were accepted so far.
    int accepted_count() const noexcept { return accepted_count_; }

    /// How many requests were refused or got no answer.
    int refused_count() const noexcept { return refused_count_; }

    /// Ends it; the UUIDs of the tasks that were accepted.
    const std::vector<std::string>& stop();

private:
    void run();

    const std::string url_;
    std::vector<std::string> accepted_;
    std::atomic<int> accepted_count_{0};
    std::atomic<int> refused_count_{0};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace tenon::testing
