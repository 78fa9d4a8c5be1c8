#pragma once

#include "app/commands/help/command_description.hpp"

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// What `--help` prints: usage, purpose, and what can be given, in lines of at most 80 columns.
std::string help_text(const CommandDescription& command);

/// Makes `root` and every command below it print that.
void use_help_text(CLI::App& root);

}  // namespace tenon::app
