#pragma once

#include "foundation/http/router.hpp"
#include "orchestration/commands/command_processor.hpp"

namespace tenon::orchestration {

/// Adds the lists of tasks and hosts, summaries and analytics. `commands` outlives the router.
void add_overview_routes(Router& router, CommandProcessor& commands);

}  // namespace tenon::orchestration
