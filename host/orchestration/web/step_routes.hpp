#pragma once

#include "foundation/http/router.hpp"
#include "orchestration/commands/command_processor.hpp"

namespace tenon::orchestration {

/// Adds `GET /v1/tasks/{uuid}/workflow_steps`, and for one step of it, by name or UUID,
/// `GET …/{step}`, `PATCH …/{step}` and `GET …/{step}/audit`. All only ask `commands`, which must
/// outlive the router.
void add_step_routes(Router& router, CommandProcessor& commands);

}  // namespace tenon::orchestration
