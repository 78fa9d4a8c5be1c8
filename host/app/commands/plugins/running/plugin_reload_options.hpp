#pragma once

#include "plugin_host/reload/builds/probation.hpp"

#include <cstddef>
#include <filesystem>

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// How a host replaces its plugins while they run.
struct PluginReload {
    std::filesystem::path state_directory;  ///< Copies and quarantine; empty: the user's own.
    std::size_t most_pinned = 64;           ///< Old images of a plugin that may stay in memory.
    plugin_host::ProbationLimits probation;
};

/// Adds the options that say so. `reload` outlives the parse.
void add_reload_options(CLI::App& command, PluginReload& reload);

}  // namespace tenon::app
