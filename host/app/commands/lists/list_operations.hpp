#pragma once

#include "app/commands/task_console.hpp"

#include <cstdint>
#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Which tasks somebody wants to see; what is empty does not choose.
struct TaskListOptions {
    std::string url{};
    std::string namespace_name{};
    std::string name{};
    std::string status{};
    std::string initiator{};
    std::string source_system{};
    std::string tag{};
    std::string cursor{};  ///< Where an earlier list ended.
    std::int32_t limit = 50;
    bool json = false;
};

/// Lists tasks, the newest first.
ExitCode list_tasks(const TaskListOptions& options, const TaskConsole& console);

/// Which hosts somebody wants to see, and whom to ask.
struct HostListOptions {
    std::string url{};
    std::string database_url{};  ///< Asked instead of a host, which may be what is missing.
    std::string state = "live";  ///< Or "retired", "lost" or "all".
    bool json = false;
};

/// Lists hosts with their roles, and when they gave a sign of life.
ExitCode list_hosts(const HostListOptions& options, const TaskConsole& console);

/// Adds `list` to `task` and to `host`.
void add_task_list(CLI::App& task, int& exit_code);
void add_host_list(CLI::App& host, int& exit_code);

}  // namespace tenon::app
