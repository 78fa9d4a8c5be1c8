#pragma once

#include "domain/messages/task_request.hpp"
#include "foundation/json_slice.hpp"
#include "foundation/result.hpp"

#include <cstdint>
#include <string_view>

namespace tenon::orchestration {

/// The highest priority of a task; the lowest is its negative.
inline constexpr std::int64_t priority_max = 100;

/// Reads a request for a task from JSON text, such as the body of `POST /v1/tasks`. `namespace` and
/// `name` are required; a field that is null counts as not given. The context keeps the text it was
/// sent as. An error names the field.
Result<TaskRequest> parse_task_request(std::string_view body);

/// The same for a part of checked JSON. What `request` does not give stays as in `defaults`; `what`
/// is how errors call the request as a whole.
Result<TaskRequest> read_task_request(
    const JsonSlice& request,
    TaskRequest defaults,
    std::string_view what
);

}  // namespace tenon::orchestration
