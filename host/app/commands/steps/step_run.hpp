#pragma once

#include "app/commands/task_console.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::app {

struct StepRunOptions {
    std::filesystem::path file;
    std::string callable;
    std::filesystem::path input;
    std::filesystem::path initialization;
    std::string method = "call";
    std::vector<std::string> dependencies;  ///< NAME=JSON or NAME=@FILE.
    std::string checkpoint;                 ///< JSON or @FILE.
    std::uint32_t attempt = 1;
    int limit_seconds = 30;
    int cancel_after_ms = 0;  ///< 0: never.
    bool in_process = false;
    bool json = false;
    bool watch = false;
    std::string build;
    std::filesystem::path source = ".";
};

/// Runs one handler, in a process of its own unless told otherwise, and prints its result on `out`
/// and what it said meanwhile on `err`. The exit code tells the outcome.
ExitCode run_step(const StepRunOptions& options, const TaskConsole& console);

}  // namespace tenon::app
