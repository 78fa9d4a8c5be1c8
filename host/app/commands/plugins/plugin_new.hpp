#pragma once

#include "app/commands/task_console.hpp"

#include <filesystem>
#include <string>

namespace tenon::app {

struct NewOptions {
    std::string name;
    std::string language = "cpp";     ///< cpp, c or rust.
    std::filesystem::path directory;  ///< Empty: the name.
};

/// Writes a project with one handler, a test and a template, which builds as it is. Refuses to
/// write into a folder that has something in it.
ExitCode new_plugin(const NewOptions& options, const TaskConsole& console);

}  // namespace tenon::app
