#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Adds `config` with `check`, `show`, `explain` and `reference`.
void add_config_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
