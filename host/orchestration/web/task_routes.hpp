#pragma once

#include "foundation/http/router.hpp"
#include "orchestration/commands/command_processor.hpp"

namespace tenon::orchestration {

/// Adds `POST /v1/tasks`, `POST /v1/tasks:batch`, `GET` and `DELETE /v1/tasks/{uuid}`; all only ask
/// `commands`, which must outlive the router.
void add_task_routes(Router& router, CommandProcessor& commands);

}  // namespace tenon::orchestration
