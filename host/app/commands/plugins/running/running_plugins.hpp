#pragma once

#include "app/commands/task_console.hpp"

#include <string>

namespace tenon::app {

/// What somebody asks of the plugins of a running host.
struct RunningPluginOptions {
    std::string url{};
    std::string plugin_id{};  ///< Of a list: empty for all.
    std::string file{};       ///< Empty: all.
    std::string sha256{};     ///< Empty: list the quarantine.
    std::string reason{};
    bool release = false;
    bool json = false;
};

/// Lists plugins with their active builds, or one plugin with all its builds.
ExitCode list_plugins(const RunningPluginOptions& options, const TaskConsole& console);

/// Loads new builds. `task_failed` when one of several files was refused.
ExitCode reload_plugins(const RunningPluginOptions& options, const TaskConsole& console);

/// Makes the build before the active one active again.
ExitCode roll_plugin_back(const RunningPluginOptions& options, const TaskConsole& console);

/// Lists, adds to or releases from the quarantine.
ExitCode quarantine_build(const RunningPluginOptions& options, const TaskConsole& console);

/// Lets a build that was demoted for a crash run in the host's process again.
ExitCode promote_build(const RunningPluginOptions& options, const TaskConsole& console);

}  // namespace tenon::app
