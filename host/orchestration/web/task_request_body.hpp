#pragma once

#include "domain/messages/task_request.hpp"
#include "foundation/result.hpp"

#include <string_view>

namespace tenon::orchestration {

/// Reads the body of `POST /v1/tasks`. `namespace` and `name` are required; a field that is null
/// counts as not given. The context keeps the text it was sent as. An error names the field.
Result<TaskRequest> parse_task_request(std::string_view body);

}  // namespace tenon::orchestration
