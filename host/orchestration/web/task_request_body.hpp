#pragma once

#include "domain/messages/task_request.hpp"
#include "foundation/result.hpp"

#include <string_view>
#include <vector>

namespace tenon::orchestration {

/// Reads the body of `POST /v1/tasks:batch`: an array of 1 to 1000 objects, each as the body of
/// `POST /v1/tasks`. An error says which of them, from 0, and names the field.
Result<std::vector<TaskRequest>> parse_task_requests(std::string_view body);

}  // namespace tenon::orchestration
