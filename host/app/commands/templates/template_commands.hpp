#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Adds `template` with `check`, `register`, `list`, `show` and `graph`.
void add_template_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
