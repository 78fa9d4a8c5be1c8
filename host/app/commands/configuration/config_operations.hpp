#pragma once

#include "app/commands/task_console.hpp"
#include "app/configuration/configuration.hpp"

#include <string>

namespace tenon::app {

/// What somebody asks of a configuration.
struct ConfigOptions {
    ConfigurationSources sources{};  ///< Variables empty: those of the process.
    std::string key{};               ///< To explain; empty: list all. To show; empty: all.
    bool changed = false;            ///< Show only what is no default.
    bool json = false;
};

/// Says everything that is wrong with it. `task_failed` when something is; warnings are no failure.
ExitCode check_configuration(const ConfigOptions& options, const TaskConsole& console);

/// Shows what holds for each key and who said so, secrets redacted. `task_failed` when something is
/// wrong, which is said on the error stream.
ExitCode show_configuration(const ConfigOptions& options, const TaskConsole& console);

/// Says what a key means, what it may be and how it is given; lists all keys when none is named.
ExitCode explain_key(const ConfigOptions& options, const TaskConsole& console);

/// Prints docs/configuration.md.
ExitCode print_reference(const ConfigOptions& options, const TaskConsole& console);

}  // namespace tenon::app
