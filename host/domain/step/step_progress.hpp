#pragma once

#include "domain/step/step_outcome.hpp"

#include <optional>
#include <string>

namespace tenon {

/// How far a running handler says it is.
struct Progress {
    std::optional<double> fraction;  ///< From 0 to 1; unset: it does not know.
    std::string message;             ///< Short and printable; may be empty.
};

/// The latest of one attempt.
struct StepProgress {
    StepAttempt step;
    Progress progress;
};

}  // namespace tenon
