#pragma once

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds `tenon task` with all its subcommands. `exit_code` is set when one of them ran.
void add_task_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
