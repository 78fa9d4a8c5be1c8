#pragma once

#include "plugin_host/reload/call_tally.hpp"

#include <chrono>
#include <cstdint>

namespace tenon::plugin_host {

/// How a fresh build has to behave.
struct ProbationLimits {
    std::uint64_t faults = 3;               ///< So many, and …
    double share = 0.5;                     ///< … more than this share of its calls, are too many.
    std::uint64_t calls = 1000;             ///< It ends after so many calls, …
    std::chrono::milliseconds time{60000};  ///< … or after this time.
};

enum class ProbationVerdict : std::uint8_t { ongoing, passed, failed };

/// The verdict on a build that has been active for `active`.
ProbationVerdict judge_probation(
    const CallCounts& counts,
    std::chrono::milliseconds active,
    const ProbationLimits& limits
) noexcept;

}  // namespace tenon::plugin_host
