#pragma once

#include "app/commands/configuration/configuration_options.hpp"
#include "app/host_options.hpp"

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds the options of a host to a command: one for each key of its configuration. When the command
/// is parsed, files and variables are read too and `options` is filled; what is wrong with any of
/// them is thrown as CLI::ParseError. The configuration is filled then as well.
std::shared_ptr<CommandConfiguration> add_host_options(
    CLI::App& command,
    const std::shared_ptr<HostOptions>& options
);

/// Adds `tenon host`. `arguments` are those of this process, with which its supervisor starts the
/// host. `exit_code` is set when it ran.
void add_host_command(CLI::App& root, std::vector<std::string> arguments, int& exit_code);

}  // namespace tenon::app
