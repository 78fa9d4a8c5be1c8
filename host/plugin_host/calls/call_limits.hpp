#pragma once

#include "foundation/json_text.hpp"

#include <chrono>
#include <cstddef>

/// What a call may hand to its host. Where handlers run in runners, both sides hold them to it.
namespace tenon::plugin_host::call_limits {

inline constexpr std::size_t message_bytes = 4096;  ///< Of failures and log lines.
inline constexpr std::size_t name_bytes = 128;      ///< Of error types and codes.
inline constexpr std::size_t progress_bytes = 256;  ///< Of what a heartbeat says.
inline constexpr JsonLimits result{};
inline constexpr JsonLimits context{.max_bytes = std::size_t{64} * 1024, .max_depth = 32};
inline constexpr JsonLimits checkpoint{.max_bytes = std::size_t{1024} * 1024};
inline constexpr std::size_t events = 64;                            ///< Of one call,
inline constexpr std::size_t event_bytes = std::size_t{256} * 1024;  ///< and what they weigh.
inline constexpr JsonLimits event{.max_bytes = event_bytes, .max_depth = 64};
inline constexpr std::chrono::milliseconds retry_after = std::chrono::hours(24 * 30);

}  // namespace tenon::plugin_host::call_limits
