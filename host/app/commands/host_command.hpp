#pragma once

#include "app/host_options.hpp"

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds the options of a host to a command; `options` is filled when it is parsed.
void add_host_options(CLI::App& command, const std::shared_ptr<HostOptions>& options);

/// Adds `tenon host`. `arguments` are those of this process, with which its supervisor starts the
/// host. `exit_code` is set when it ran.
void add_host_command(CLI::App& root, std::vector<std::string> arguments, int& exit_code);

}  // namespace tenon::app
