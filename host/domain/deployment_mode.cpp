#include "domain/deployment_mode.hpp"

#include <array>

namespace tenon {
namespace {

constexpr std::array all_modes{
    DeploymentMode::polling_only,
    DeploymentMode::hybrid,
    DeploymentMode::event_driven_only
};

}  // namespace

std::string_view to_string(DeploymentMode mode) noexcept {
    switch (mode) {
        case DeploymentMode::polling_only: return "PollingOnly";
        case DeploymentMode::hybrid: return "Hybrid";
        case DeploymentMode::event_driven_only: return "EventDrivenOnly";
    }
    return "?";
}

std::optional<DeploymentMode> parse_deployment_mode(std::string_view text) noexcept {
    for (const auto mode : all_modes) {
        if (to_string(mode) == text) {
            return mode;
        }
    }
    return std::nullopt;
}

bool uses_notifications(DeploymentMode mode) noexcept {
    return mode != DeploymentMode::polling_only;
}

}  // namespace tenon
