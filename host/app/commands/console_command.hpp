#pragma once

#include "app/commands/task_console.hpp"
#include "app/terminal/interruption.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <unistd.h>

namespace tenon::app {

/// The process's own streams.
inline TaskConsole process_console() {
    return {.in = std::cin, .out = std::cout, .err = std::cerr, .traits = [] {
                return terminal_traits(STDOUT_FILENO);
            }};
}

/// Runs `command` with the process's own streams.
template <class Options>
void run_on_console(
    ExitCode (*command)(const Options&, const TaskConsole&),
    const Options& options,
    int& exit_code
) {
    unblock_interruption();
    exit_code = static_cast<int>(command(options, process_console()));
}

/// Adds the option that names the host to talk to.
inline void add_url(CLI::App& command, std::string& url) {
    command.add_option("--url", url, "the host's URL (default http://127.0.0.1:8080)")
        ->envname("TENON_URL");
}

}  // namespace tenon::app
