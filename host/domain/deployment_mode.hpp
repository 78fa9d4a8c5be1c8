#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon {

/// How a host learns that there is something to do. Both roles know the same three modes, which
/// differ in speed and in load, never in what is done.
enum class DeploymentMode : std::uint8_t {
    polling_only,       ///< Looks at short intervals; no LISTEN connection, rings no bell.
    hybrid,             ///< Is rung for, and looks now and then in case a ring was lost.
    event_driven_only,  ///< Is rung for; looks so seldom that it is only a safety net.
};

/// "PollingOnly", "Hybrid" or "EventDrivenOnly", as in configuration and status documents.
std::string_view to_string(DeploymentMode mode) noexcept;

/// The inverse of `to_string`; nullopt for anything else.
std::optional<DeploymentMode> parse_deployment_mode(std::string_view text) noexcept;

/// Whether a host in this mode keeps a listener and rings for others.
bool uses_notifications(DeploymentMode mode) noexcept;

}  // namespace tenon
