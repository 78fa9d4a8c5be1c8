#include "plugin_host/isolation.hpp"

#include <array>

namespace tenon::plugin_host {
namespace {

constexpr std::array all_isolations{Isolation::in_process, Isolation::process};

}  // namespace

std::string_view to_string(Isolation isolation) noexcept {
    return isolation == Isolation::process ? "process" : "in_process";
}

std::optional<Isolation> parse_isolation(std::string_view text) noexcept {
    for (const auto isolation : all_isolations) {
        if (to_string(isolation) == text) {
            return isolation;
        }
    }
    return std::nullopt;
}

Isolation IsolationPolicy::of(std::string_view plugin_id, const std::string& sha256) const {
    if (demotion && demotion(sha256) == Isolation::process) {
        return Isolation::process;
    }
    const auto chosen = by_plugin.find(plugin_id);
    return chosen == by_plugin.end() ? usual : chosen->second;
}

}  // namespace tenon::plugin_host
