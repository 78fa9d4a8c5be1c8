#pragma once

#include "domain/ids.hpp"
#include "domain/task/task_state_machine.hpp"

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
    std::string idempotency_key;  ///< Up to 255 bytes; the same key means the same task. Or empty.
};

/// What came of a request: the task that it made, or the one that an equal request made before.
struct TaskReceipt {
    TaskId task;
    bool created = true;                            ///< False: the task existed.
    TaskState state = TaskState::steps_in_process;  ///< How it is now.
};

}  // namespace tenon
