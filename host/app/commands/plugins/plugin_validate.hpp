#pragma once

#include "app/commands/task_console.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::app {

struct ValidateOptions {
    std::filesystem::path file;
    std::filesystem::path input;  ///< A good context; empty: `{}`.
    std::filesystem::path junit;  ///< Where to write a report for build servers; empty: nowhere.
    std::vector<std::string> only;
    std::uint64_t seed = 0;  ///< 0: one of its own, which is printed.
    int limit_seconds = 10;
    bool strict = false;
    bool json = false;
};

/// Tries a plugin out, each check in a process of its own, and prints which rules it breaks.
/// `task_failed` when a host would refuse it or its handlers misbehave; with `strict` for warnings
/// too.
ExitCode validate_plugin(const ValidateOptions& options, const TaskConsole& console);

}  // namespace tenon::app
