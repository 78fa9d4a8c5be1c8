#include "domain/dispatch_profile.hpp"

namespace tenon {

std::string_view to_string(DispatchProfile profile) noexcept {
    return profile == DispatchProfile::direct ? "direct" : "queued";
}

std::optional<DispatchProfile> parse_dispatch_profile(std::string_view text) noexcept {
    for (const auto profile : {DispatchProfile::direct, DispatchProfile::queued}) {
        if (to_string(profile) == text) {
            return profile;
        }
    }
    return std::nullopt;
}

}  // namespace tenon
