#include "plugin_host/reload/builds/probation.hpp"

namespace tenon::plugin_host {

ProbationVerdict judge_probation(
    const CallCounts& counts,
    std::chrono::milliseconds active,
    const ProbationLimits& limits
) noexcept {
    if (active > limits.time || counts.calls > limits.calls) {
        return ProbationVerdict::passed;
    }
    const auto tolerated = limits.share * static_cast<double>(counts.calls);
    const bool failed =
        counts.faults >= limits.faults && static_cast<double>(counts.faults) > tolerated;
    return failed ? ProbationVerdict::failed : ProbationVerdict::ongoing;
}

}  // namespace tenon::plugin_host
