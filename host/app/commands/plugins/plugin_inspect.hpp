#pragma once

#include "app/commands/task_console.hpp"

#include <filesystem>

namespace tenon::app {

struct InspectOptions {
    std::filesystem::path file;
    bool json = false;
};

/// Prints what a plugin's file says about itself and which rules it breaks. Nothing of it runs.
/// `task_failed` when a host would refuse it, `refused` when it cannot be read.
ExitCode inspect_plugin_file(const InspectOptions& options, const TaskConsole& console);

}  // namespace tenon::app
