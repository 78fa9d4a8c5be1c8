#pragma once

#include "plugin_host/reload/builds/probation.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>

namespace tenon::app {

/// How a host replaces its plugins while they run.
struct PluginReload {
    std::filesystem::path state_directory;  ///< Copies and quarantine; empty: the user's own.
    std::size_t most_pinned = 64;           ///< Old images of a plugin that may stay in memory.
    plugin_host::ProbationLimits probation;
    /// For calls on an old build to end, before they are asked to stop; unset: without limit.
    std::optional<std::chrono::milliseconds> drain_limit = std::chrono::minutes(1);
};

}  // namespace tenon::app
