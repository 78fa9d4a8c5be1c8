#pragma once

#include "foundation/http/router.hpp"
#include "worker/commands/command_processor.hpp"

#include <functional>
#include <memory>

namespace tenon::worker {

/// The door of the worker that is there now; null while its host joins the fleet anew.
using WorkerDoor = std::function<std::shared_ptr<WorkerCommandProcessor>()>;

/// Adds `GET /v1/worker/status`, `/v1/worker/events`, `/v1/worker/templates` and one template of
/// it, `PUT /v1/worker/mode`, `POST /v1/worker/templates/refresh` and
/// `POST /v1/worker/steps/{uuid}/execute`. All only ask the worker; without one they answer 503.
void add_worker_routes(Router& router, WorkerDoor door);

}  // namespace tenon::worker
