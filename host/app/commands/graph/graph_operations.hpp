#pragma once

#include "app/commands/task_console.hpp"

#include <filesystem>
#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// What is drawn, and how.
struct GraphOptions {
    std::string url{};
    std::string what{};  ///< A task's UUID, a template's reference, or a template's file.
    std::string format = "terminal";
    std::filesystem::path output{};  ///< Empty: the output stream.
};

/// Draws the steps of a task in their states.
ExitCode draw_task_graph(const GraphOptions& options, const TaskConsole& console);

/// Draws the steps of a registered template, or of a file without any host.
ExitCode draw_template_graph(const GraphOptions& options, const TaskConsole& console);

/// Adds `graph` to `task` and to `template`.
void add_task_graph(CLI::App& task, int& exit_code);
void add_template_graph(CLI::App& parent, int& exit_code);

}  // namespace tenon::app
