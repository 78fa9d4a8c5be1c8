#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Adds every command there is. `arguments` are those of this process, its name first.
void add_commands(CLI::App& root, std::vector<std::string> arguments, int& exit_code);

/// Runs the command that the arguments name and returns the process's exit code. Every failure is
/// one sentence on standard error.
int run_command_line(int argc, const char* const* argv);

}  // namespace tenon::app
