#pragma once

#include "worker/services/step_inbox.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tenon::worker {

/// Claims steps by name, through the lanes of the step pump: so what is known of lost replies and
/// lost hosts holds for these claims too. Its calls block. [any-thread]
///
/// What it claims goes to the handlers like everything else that a lane brings.
class StepClaimer {
public:
    /// `patience`: how long to wait for a lane and a slot.
    explicit StepClaimer(
        StepInbox& inbox,
        std::chrono::milliseconds patience = std::chrono::seconds(2)
    )
        : inbox_(inbox), patience_(patience) {}

    /// Claims exactly these, in one call, as far as they wait for a worker and handler slots are
    /// free; the order of the names does not matter. `queue` is that of their messages, or empty.
    /// Throws ErrorCode::unavailable when this host takes no steps, has no free slot, or cannot
    /// reach the database.
    NamedClaim::Answer claim(std::vector<database::NamedStep> steps, std::string queue = {});

private:
    StepInbox& inbox_;
    const std::chrono::milliseconds patience_;
};

}  // namespace tenon::worker
