#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Adds to `tenon plugin` what concerns the plugins of a running host: `list`, `reload`, `rollback`
/// and `quarantine`.
void add_running_plugin_commands(CLI::App& plugin, int& exit_code);

}  // namespace tenon::app
