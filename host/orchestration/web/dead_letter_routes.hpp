#pragma once

#include "foundation/http/router.hpp"
#include "orchestration/commands/command_processor.hpp"

namespace tenon::orchestration {

/// Adds the routes below `/v1/dlq`: the list, one entry, those of one task, statistics, and what an
/// operator does about them. All only ask `commands`, which must outlive the router.
void add_dead_letter_routes(Router& router, CommandProcessor& commands);

}  // namespace tenon::orchestration
