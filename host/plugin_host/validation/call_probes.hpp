#pragma once

#include "plugin_host/scout/scout_child.hpp"

#include <span>

namespace tenon::plugin_host {

/// What a scout looks for by calling one handler: `call`, `cancel`, `faults`, `concurrent`, `fuzz`
/// and `reload`.
std::span<const ScoutAction> call_probes() noexcept;

}  // namespace tenon::plugin_host
