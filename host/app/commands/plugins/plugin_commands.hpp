#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Adds `tenon plugin inspect …`: what the author of a plugin asks, without a host.
void add_plugin_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
