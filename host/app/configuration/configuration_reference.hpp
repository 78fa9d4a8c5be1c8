#pragma once

#include "app/configuration/schema.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tenon::app {

/// What is known of one key, as headings and texts: what `tenon config explain` says.
std::vector<std::pair<std::string, std::string>> facts_of(const Key& key);

/// The whole of docs/configuration.md.
std::string configuration_reference();

}  // namespace tenon::app
