#include "plugin_host/reload/plugin_history.hpp"

#include "foundation/telemetry/log.hpp"

#include <fmt/format.h>
#include <utility>

namespace tenon::plugin_host {
namespace {

constexpr std::array<std::string_view, plugin_state_count> state_names{
    "discovered",
    "snapshotted",
    "inspected",
    "scouted",
    "loaded",
    "active",
    "draining",
    "retired_closed",
    "retired_pinned",
    "rejected",
    "quarantined"
};

constexpr std::array<std::string_view, 6>
    trigger_names{"start", "watcher", "request", "signal", "rollback", "probation"};

log::Level level_of(PluginState state) {
    switch (state) {
        case PluginState::active:
        case PluginState::retired_closed: return log::Level::info;
        case PluginState::rejected:
        case PluginState::retired_pinned:
        case PluginState::quarantined: return log::Level::warning;
        default: return log::Level::debug;
    }
}

std::string line_of(const PluginTransition& transition) {
    const auto name = transition.plugin_id.empty()
                          ? transition.file.string()
                          : fmt::format("{} {}", transition.plugin_id, transition.version);
    auto line = fmt::format("{} {}", name, to_string(transition.state));
    if (transition.generation != 0) {
        line += fmt::format(", generation {}", transition.generation);
    }
    if (!transition.sha256.empty()) {
        line += fmt::format(", sha256 {:.12}", transition.sha256);
    }
    if (transition.trigger) {
        line += fmt::format(", by {}", to_string(*transition.trigger));
    }
    return transition.reason.empty() ? line : line + ": " + transition.reason;
}

}  // namespace

std::string_view to_string(PluginState state) noexcept {
    return state_names.at(static_cast<std::size_t>(state));
}

std::string_view to_string(ReloadTrigger trigger) noexcept {
    return trigger_names.at(static_cast<std::size_t>(trigger));
}

void PluginHistory::add(PluginTransition transition) {
    transition.at = std::chrono::system_clock::now();
    log::write(level_of(transition.state), "plugins", line_of(transition));
    const std::lock_guard lock(mutex_);
    ++counts_.at(static_cast<std::size_t>(transition.state));
    latest_.push_front(std::move(transition));
    if (latest_.size() > most_) {
        latest_.pop_back();
    }
}

std::vector<PluginTransition> PluginHistory::of(std::string_view plugin_id) const {
    const std::lock_guard lock(mutex_);
    std::vector<PluginTransition> found;
    for (const auto& transition : latest_) {
        if (plugin_id.empty() || transition.plugin_id == plugin_id) {
            found.push_back(transition);
        }
    }
    return found;
}

PluginHistory::Counts PluginHistory::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace tenon::plugin_host
