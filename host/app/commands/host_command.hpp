#pragma once

#include "app/host_options.hpp"

#include <memory>

namespace CLI {
class App;
}

namespace tenon::app {

/// Adds the options of a host to a command; `options` is filled when it is parsed.
void add_host_options(CLI::App& command, const std::shared_ptr<HostOptions>& options);

/// Adds `tenon host`. `exit_code` is set when it ran.
void add_host_command(CLI::App& root, int& exit_code);

}  // namespace tenon::app
