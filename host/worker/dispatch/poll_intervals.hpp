#pragma once

#include "domain/deployment_mode.hpp"

#include <chrono>
#include <optional>

namespace tenon::worker {

/// How often the queues are asked although nothing hinted at them: `busy` while there is or just
/// was something to do, then more and more seldom, down to `idle`.
struct PollIntervals {
    std::chrono::milliseconds busy;
    std::chrono::milliseconds idle;

    friend bool operator==(const PollIntervals&, const PollIntervals&) = default;

    /// The interval that fits after `quiet` without anything to do.
    std::chrono::milliseconds after(std::chrono::milliseconds quiet) const;
};

/// The intervals of a mode: the longest is ten times the shortest, but for `EventDrivenOnly`, which
/// looks every half minute. `wish` replaces the shortest, and with notifications the longest too.
PollIntervals poll_intervals(
    DeploymentMode mode,
    std::optional<std::chrono::milliseconds> wish = std::nullopt
);

}  // namespace tenon::worker
