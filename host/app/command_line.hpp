#pragma once

namespace tenon::app {

/// Runs the command that the arguments name and returns the process's exit code. Every failure is
/// one sentence on standard error.
int run_command_line(int argc, const char* const* argv);

}  // namespace tenon::app
