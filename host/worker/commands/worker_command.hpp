#pragma once

#include "domain/step/step_outcome.hpp"

#include <vector>

namespace tenon::worker {

/// Run these steps, which were claimed for this host.
struct ExecuteSteps {
    std::vector<ClaimedStep> steps;
};

/// A handler ended: take its outcome to the database.
struct ProcessStepCompletion {
    SettledStep step;
};

}  // namespace tenon::worker
