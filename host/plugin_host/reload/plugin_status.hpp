#pragma once

#include "plugin_host/plugin_info.hpp"
#include "plugin_host/reload/builds/quarantine.hpp"
#include "plugin_host/reload/call_tally.hpp"
#include "plugin_host/reload/plugin_history.hpp"
#include "plugin_host/reload/plugin_state.hpp"
#include "plugin_host/runner/runner_roster.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::plugin_host {

/// One build that was loaded into this process.
struct GenerationStatus {
    PluginInfo info;
    PluginState state = PluginState::loaded;
    std::chrono::system_clock::time_point loaded_at{};
    std::chrono::system_clock::time_point since{};  ///< Of the state.
    CallCounts calls;
    RunnersStatus runners = {};  ///< None of a build in this process.
    bool on_probation = false;
    std::string reason;  ///< Why it is pinned; otherwise empty.
};

/// One plugin with its builds.
struct PluginStatus {
    std::string id;
    std::vector<GenerationStatus> generations;  ///< The newest first, and the latest retired ones.
    std::size_t pinned = 0;                     ///< Old images that cannot leave the memory.
    std::size_t can_go_back = 0;                ///< How often `rollback` would find a build.

    /// The one that new calls go to; null before the first.
    const GenerationStatus* active() const;
};

/// What became of a file the last time that it was looked at.
struct FileStatus {
    std::filesystem::path file;
    PluginState state = PluginState::discovered;
    std::string sha256;
    std::string reason;
    std::chrono::system_clock::time_point at{};
};

/// Everything that can be told about the plugins of a host.
struct PluginsStatus {
    std::vector<PluginStatus> plugins;  ///< By id.
    std::vector<FileStatus> files;      ///< By name.
    std::vector<QuarantinedBuild> quarantine;
    PluginHistory::Counts transitions{};
    std::vector<std::filesystem::path> folders;
    bool hears_changes = false;  ///< Otherwise changes are found by looking.
};

}  // namespace tenon::plugin_host
