#pragma once

#include "domain/messages/intervention.hpp"
#include "foundation/http/http_message.hpp"

#include <string>

namespace tenon::orchestration {

/// The task of `/v1/tasks/{uuid}…`. Throws ErrorCode::invalid_input when it is not a UUID.
TaskId task_parameter(const HttpRequest& request);

/// The step of `/v1/tasks/{uuid}/workflow_steps/{step}…`, by name or UUID. Throws as above.
StepReference step_parameter(const HttpRequest& request);

/// The entry of `/v1/dlq/entry/{uuid}`. Throws as above.
DeadLetterId entry_parameter(const HttpRequest& request);

/// Throws ErrorCode::not_found for a step that is not there, or a task that is not.
[[noreturn]] void no_such_step(const StepReference& reference);

}  // namespace tenon::orchestration
