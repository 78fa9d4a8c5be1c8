#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Adds `tenon plugin inspect …`: what the author of a plugin asks, without a host.
void add_plugin_commands(CLI::App& root, int& exit_code);

/// Adds `tenon step run`: one handler, JSON in, JSON out, no database.
void add_step_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
