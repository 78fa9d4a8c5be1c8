#pragma once

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds `tenon key create|list|revoke`, which speak to the database. `exit_code` is set when one
/// ran.
void add_key_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
