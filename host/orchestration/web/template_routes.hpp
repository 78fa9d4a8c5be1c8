#pragma once

#include "foundation/http/router.hpp"
#include "orchestration/commands/command_processor.hpp"

namespace tenon::orchestration {

/// Adds the routes below `/v1/templates`: register one, list all, read one. All only ask
/// `commands`, which must outlive the router.
void add_template_routes(Router& router, CommandProcessor& commands);

}  // namespace tenon::orchestration
