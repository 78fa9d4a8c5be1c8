#pragma once

#include "domain/messages/intervention.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenon::orchestration {

/// Let a failed step run again, with all its attempts.
struct ResetStep {
    using Reply = std::optional<RepairedStep>;  ///< Nothing for an unknown step.
    static constexpr std::string_view name = "ResetStep";

    StepReference step;
    Intervention intervention;
};

/// Settle a step without a result.
struct ResolveStep {
    using Reply = std::optional<RepairedStep>;  ///< Nothing for an unknown step.
    static constexpr std::string_view name = "ResolveStep";

    StepReference step;
    Intervention intervention;
};

/// Settle a step with a result, which successors read.
struct CompleteStep {
    using Reply = std::optional<RepairedStep>;  ///< Nothing for an unknown step.
    static constexpr std::string_view name = "CompleteStep";

    StepReference step;
    std::string result_json;
    Intervention intervention;
};

}  // namespace tenon::orchestration
