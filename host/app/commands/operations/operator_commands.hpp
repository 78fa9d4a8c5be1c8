#pragma once

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds what operators do to tasks to `tenon task`: `cancel`, `reset-step`, `resolve-step`,
/// `complete-step` and `audit`. `exit_code` is set when one of them ran.
void add_task_operations(CLI::App& task, int& exit_code);

/// Adds `tenon dlq` with all its subcommands. `exit_code` is set when one of them ran.
void add_dlq_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
