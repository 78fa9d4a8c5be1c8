#pragma once

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds `tenon db migrate` and `tenon db status`. `exit_code` is set when one ran.
void add_db_commands(CLI::App& root, int& exit_code);

}  // namespace tenon::app
