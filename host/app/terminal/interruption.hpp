#pragma once

#include <chrono>

namespace tenon::app {

/// Lets SIGINT and SIGTERM reach this thread again, which the start of the process blocked for the
/// sake of hosts.
void unblock_interruption() noexcept;

/// Turns the first SIGINT or SIGTERM into a question, so that a command can end in good order; the
/// second ends the process as usual. One at a time in a process.
class Interruption {
public:
    Interruption();

    /// Puts the former handlers back.
    ~Interruption();

    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    bool requested() const noexcept;

    /// Waits for `duration`, or until a signal comes.
    void wait_for(std::chrono::milliseconds duration) const noexcept;
};

}  // namespace tenon::app
