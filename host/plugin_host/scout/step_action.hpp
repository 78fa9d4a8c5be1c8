#pragma once

#include "plugin_host/scout/scout_child.hpp"

namespace tenon::plugin_host {

/// `step`: runs one handler as a host does, without a database. Its services are those of a real
/// call, kept in memory: each log line, heartbeat, event and checkpoint is a fact, and so is the
/// `outcome`.
void run_step_action(const ScoutRequest& request, ScoutReply& reply);

}  // namespace tenon::plugin_host
