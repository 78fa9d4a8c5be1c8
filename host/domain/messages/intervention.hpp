#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// Who interferes with a task by hand, and why. It is kept with what it changed.
struct Intervention {
    std::string by = "operator";
    std::string reason;  ///< Or empty.
};

/// What an operator made of a dead letter.
enum class ResolutionStatus : std::uint8_t {
    pending,             ///< Waits for somebody to look into it.
    manually_resolved,   ///< Its task was put right.
    permanently_failed,  ///< Its task will never be right.
    cancelled,           ///< It needs no attention.
};

inline constexpr std::array all_resolution_statuses{
    ResolutionStatus::pending,
    ResolutionStatus::manually_resolved,
    ResolutionStatus::permanently_failed,
    ResolutionStatus::cancelled,
};

std::string_view to_string(ResolutionStatus status) noexcept;

/// The status that is stored as `text`, if it is one.
std::optional<ResolutionStatus> parse_resolution_status(std::string_view text) noexcept;

}  // namespace tenon
