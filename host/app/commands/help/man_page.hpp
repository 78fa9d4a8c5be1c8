#pragma once

#include "app/commands/help/command_description.hpp"

#include <string>

namespace tenon::app {

/// The manual of the whole program, tenon(1), in the language of man(7).
std::string man_page(const CommandDescription& root, const std::string& version);

}  // namespace tenon::app
