#pragma once

#include "plugin_host/scout/scout_child.hpp"

#include <span>

namespace tenon::plugin_host {

/// What calls do to the process around them, and what it may do to them: traces, memory, signals,
/// the sandbox of a runner.
std::span<const ScoutAction> surrounding_probes() noexcept;

}  // namespace tenon::plugin_host
