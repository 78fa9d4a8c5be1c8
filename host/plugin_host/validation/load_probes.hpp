#pragma once

#include "plugin_host/scout/scout_child.hpp"

#include <span>

namespace tenon::plugin_host {

/// What a scout looks for without calling a handler: `load`, `description`, `instances`,
/// `selftest`, `cycles`, and `trial`, which is the first, third and fourth of them together.
std::span<const ScoutAction> load_probes() noexcept;

}  // namespace tenon::plugin_host
