#pragma once

#include "domain/ids.hpp"
#include "domain/step/step_outcome.hpp"

#include <optional>
#include <string_view>
#include <variant>

namespace tenon::worker {

/// A handler ended: take its outcome to the database, and let its slot go. Answered at once.
struct ProcessStepCompletion {
    using Reply = std::monostate;
    static constexpr std::string_view name = "ProcessStepCompletion";

    StepId step;
    std::optional<SettledStep> outcome;  ///< Unset: the step was settled in the handler's place.
};

/// Settle a step of this host in place of its handler, which goes on and keeps its slot. Answered
/// at once.
struct SendStepResult {
    using Reply = bool;  ///< False when the step is not this host's, or was settled meanwhile.
    static constexpr std::string_view name = "SendStepResult";

    SettledStep step;
};

}  // namespace tenon::worker
