#pragma once

#include "domain/ids.hpp"
#include "worker/worker.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace tenon::app {

/// The workers of registrations that were declared lost, for as long as handlers of theirs run.
///
/// What such a handler still makes of its step goes out under the host's new registration. The
/// fence refuses it there, because the step was given to somebody else; so it is seen, and counted.
/// [any-thread]
class FormerWorkers {
public:
    ~FormerWorkers();

    /// Takes over a worker that was abandoned with its registration.
    void add(HostId lost, std::shared_ptr<worker::Worker> worker);

    /// The registration under which all of them carry on.
    void carry_on_as(HostId successor);

    /// How many of their late results were refused so far.
    std::uint64_t refused() const;

    /// Lets go of those that are at rest, and says in the log what was refused. False while some
    /// are left.
    bool tidy();

    /// Ends them all. False when a handler would not end: its worker stays until the process ends.
    bool stop();

private:
    using Clock = std::chrono::steady_clock;

    struct Former {
        HostId host{};
        std::shared_ptr<worker::Worker> worker;
        std::uint64_t refused_before = 0;  ///< While its registration was alive.
        std::uint64_t told = 0;            ///< How many the log knows of.
        Clock::time_point told_at = Clock::now();

        std::uint64_t refused() const;
    };

    static void tell(Former& former);

    mutable std::mutex mutex_;  // Guards the list; beats read the count on another thread.
    std::vector<Former> former_;
    std::uint64_t refused_of_gone_ = 0;
};

}  // namespace tenon::app
