#pragma once

#include "app/commands/help/command_description.hpp"

#include <string>

namespace tenon::app {

/// A script that completes commands, options, choices and file names in bash, to be sourced.
std::string bash_completion(const CommandDescription& root);

/// The same for zsh: a `#compdef` file for a folder of `fpath`.
std::string zsh_completion(const CommandDescription& root);

/// The same for fish.
std::string fish_completion(const CommandDescription& root);

}  // namespace tenon::app
