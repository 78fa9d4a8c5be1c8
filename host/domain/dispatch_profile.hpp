#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon {

/// Who evaluates the results of a worker. Both give the same states, audit and results.
enum class DispatchProfile : std::uint8_t {
    direct,  ///< The worker's own call settles a step, unlocks its successors and hands them over.
    queued,  ///< The worker queues results for the orchestration role; successors come by queue.
};

/// "direct" or "queued".
std::string_view to_string(DispatchProfile profile) noexcept;

/// The inverse of `to_string`; nullopt for anything else.
std::optional<DispatchProfile> parse_dispatch_profile(std::string_view text) noexcept;

}  // namespace tenon
