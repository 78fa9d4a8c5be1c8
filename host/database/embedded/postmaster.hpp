#pragma once

#include "database/embedded/child_process.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

namespace tenon::database {

/// A running PostgreSQL server as a child process: started, watched, stopped, always reaped.
///
/// The kernel sends a child's death signal when the THREAD that forked it ends, so a thread of its
/// own forks the server and then does nothing but wait for it. It lives exactly as long as the
/// server, whoever constructed this object, and dies with the process: then the kernel tells the
/// server to shut down. The mutex guards the hand-over between that thread and the callers.
/// [any-thread]
class Postmaster {
public:
    /// Starts `command`, with SIGINT (fast shutdown) as its death signal.
    explicit Postmaster(ChildCommand command);

    /// Stops the server if nobody has.
    ~Postmaster();
    Postmaster(const Postmaster&) = delete;
    Postmaster& operator=(const Postmaster&) = delete;

    pid_t pid() const;

    bool running() const;

    /// Fast shutdown; after `limit` immediate shutdown; after `limit` again SIGKILL. Returns when
    /// the server is gone and reaped.
    void stop(std::chrono::milliseconds limit);

private:
    void keep(const ChildCommand& command);
    void signal_if_running(int number) const;
    bool wait_for_exit(std::chrono::milliseconds limit) const;

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::optional<pid_t> pid_;
    std::exception_ptr failure_;
    bool exited_ = false;
    std::thread keeper_;
};

}  // namespace tenon::database
