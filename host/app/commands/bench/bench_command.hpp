#pragma once

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds `tenon bench`. `exit_code` is set when it ran: 0, or 1 when some task did not complete.
void add_bench_command(CLI::App& root, int& exit_code);

}  // namespace tenon::app
