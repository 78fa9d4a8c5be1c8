#pragma once

#include "plugin_host/reload/plugin_state.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// What happened to plugins: the latest transitions, and how many there were of each kind. Each is
/// a line of the log as well. [any-thread]
class PluginHistory {
public:
    using Counts = std::array<std::uint64_t, plugin_state_count>;

    explicit PluginHistory(std::size_t most) : most_(most) {}

    /// Sets the time, and forgets the oldest when there are too many.
    void add(PluginTransition transition);

    /// Those of one plugin, the newest first; of all with an empty id.
    std::vector<PluginTransition> of(std::string_view plugin_id) const;

    /// By PluginState.
    Counts counts() const;

private:
    const std::size_t most_;
    mutable std::mutex mutex_;  // Guards both: builds load, drain and retire on several threads.
    std::deque<PluginTransition> latest_;
    Counts counts_{};
};

}  // namespace tenon::plugin_host
