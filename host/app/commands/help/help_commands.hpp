#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Adds `completion` and `man`, which describe `root` with all commands that it has when they run.
void add_help_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
