#pragma once

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds `tenon events …`.
void add_event_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
