#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon {

/// What somebody asks for when submitting a task.
struct TaskRequest {
    std::string namespace_name;
    std::string name;
    std::string version;              ///< Empty: the newest registered version.
    std::string context_json = "{}";  ///< A JSON object; the input of the task.
    std::string initiator = "system";
    std::string source_system = "tenon";
    std::string reason;
    std::int32_t priority = 0;  ///< −100 … 100, higher first.
    std::vector<std::string> tags;
    std::optional<CorrelationId> correlation_id;  ///< Unset: a fresh UUID.
    std::optional<CorrelationId> parent_correlation_id;
    std::string idempotency_key;  ///< Empty: none. The same key again means the same task.
};

/// What came of a request.
struct TaskReceipt {
    TaskId task;
    bool created = true;  ///< False: the request repeats an earlier one, which made this task.
};

}  // namespace tenon
