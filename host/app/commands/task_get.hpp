#pragma once

#include "app/commands/task_console.hpp"

#include <string>

namespace tenon::app {

/// What `tenon task get` was asked for.
struct TaskGetOptions {
    std::string url{};
    std::string task_uuid;
    bool json = false;
};

/// Prints a task once: its picture and, when it waits for somebody, what to do; or the host's
/// document on one line.
ExitCode get_task(const TaskGetOptions& options, const TaskConsole& console);

}  // namespace tenon::app
