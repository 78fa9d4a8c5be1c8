#include "worker/dispatch/poll_intervals.hpp"

#include <algorithm>

namespace tenon::worker {
namespace {

using std::chrono::milliseconds;

// What waits is then found after at most a quarter of the time that it was quiet before.
constexpr int quiet_to_interval = 4;

// Who only polls begins more often, and becomes as slow as the others' busy times.
int idle_factor(DeploymentMode mode) {
    return mode == DeploymentMode::polling_only ? 20 : 10;
}

milliseconds usual(DeploymentMode mode) {
    switch (mode) {
        case DeploymentMode::polling_only: return milliseconds(25);
        case DeploymentMode::hybrid: return milliseconds(1000);
        case DeploymentMode::event_driven_only: break;
    }
    return std::chrono::seconds(30);
}

}  // namespace

milliseconds PollIntervals::after(milliseconds quiet) const {
    return std::clamp(quiet / quiet_to_interval, busy, std::max(busy, idle));
}

PollIntervals poll_intervals(DeploymentMode mode, std::optional<milliseconds> wish) {
    const auto busy = wish.value_or(usual(mode));
    const bool one =
        mode == DeploymentMode::event_driven_only || (wish && uses_notifications(mode));
    return {.busy = busy, .idle = one ? busy : busy * idle_factor(mode)};
}

}  // namespace tenon::worker
