#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>

namespace tenon::database {

/// Runs `done` until it holds. False when `limit` passes first.
bool eventually(
    const std::function<bool()>& done,
    std::chrono::milliseconds limit = std::chrono::seconds(20)
);

/// Another host process on a data directory: the program embedded_host.
class OtherHost {
public:
    explicit OtherHost(const std::string& data_directory);

    /// Ends it in order, unless it was killed.
    ~OtherHost();
    OtherHost(const OtherHost&) = delete;
    OtherHost& operator=(const OtherHost&) = delete;

    /// The line it prints once it is ready or has failed. Blocks until then.
    std::string first_line();

    pid_t pid() const noexcept { return pid_; }

    /// SIGKILL, then reaps it.
    void kill_hard();

private:
    void reap();

    pid_t pid_ = 0;
    int input_ = -1;
    int output_ = -1;
};

}  // namespace tenon::database
