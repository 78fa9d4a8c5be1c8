#include "domain/messages/intervention.hpp"

namespace tenon {

std::string_view to_string(StepAction action) noexcept {
    switch (action) {
        case StepAction::reset_for_retry: return "reset_for_retry";
        case StepAction::resolve_manually: return "resolve_manually";
        case StepAction::complete_manually: return "complete_manually";
    }
    return "unknown";
}

std::optional<StepAction> parse_step_action(std::string_view text) noexcept {
    for (const auto action : all_step_actions) {
        if (to_string(action) == text) {
            return action;
        }
    }
    return std::nullopt;
}

std::string_view to_string(ResolutionStatus status) noexcept {
    switch (status) {
        case ResolutionStatus::pending: return "pending";
        case ResolutionStatus::manually_resolved: return "manually_resolved";
        case ResolutionStatus::permanently_failed: return "permanently_failed";
        case ResolutionStatus::cancelled: return "cancelled";
    }
    return "unknown";
}

std::optional<ResolutionStatus> parse_resolution_status(std::string_view text) noexcept {
    for (const auto status : all_resolution_statuses) {
        if (to_string(status) == text) {
            return status;
        }
    }
    return std::nullopt;
}

}  // namespace tenon
