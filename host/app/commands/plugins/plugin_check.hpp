#pragma once

#include "app/commands/plugins/plugin_admission.hpp"
#include "app/commands/task_console.hpp"

#include <filesystem>

namespace tenon::app {

struct CheckOptions {
    std::filesystem::path plugins;
    std::filesystem::path templates;
    PluginAdmission admission;
    bool json = false;
};

/// Holds what plugins declare against what templates call, running neither: which callables are
/// missing, disputed or unused, and which files a host would refuse. `task_failed` when a step
/// could not run.
ExitCode check_plugins(const CheckOptions& options, const TaskConsole& console);

}  // namespace tenon::app
