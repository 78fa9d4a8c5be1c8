#pragma once

#include "app/commands/task_console.hpp"

#include <filesystem>
#include <string>

namespace tenon::app {

struct DevOptions {
    std::filesystem::path directory = ".";  ///< The plugin's project.
    std::string build;                      ///< A shell command; empty: what the project is for.
    std::filesystem::path output;           ///< Where it leaves the .so, within the project.
    std::string database_url;               ///< Empty: a private one, kept in the project.
    std::string listen;                     ///< Empty: where hosts usually listen.
    std::string isolation;                  ///< Empty: that of hosts.
};

/// Builds a project and runs a host beside it that loads what comes out and knows its templates;
/// builds again whenever a source is saved, which the host notices as any other new build. Ends
/// with the host, which SIGINT and SIGTERM stop.
ExitCode develop_plugin(const DevOptions& options, const TaskConsole& console);

}  // namespace tenon::app
