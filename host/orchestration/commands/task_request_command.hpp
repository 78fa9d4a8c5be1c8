#pragma once

#include "domain/ids.hpp"
#include "domain/messages/task_request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenon::orchestration {

/// Create the task that somebody asks for, or find the one that an equal request created.
struct InitializeTask {
    using Reply = TaskReceipt;
    static constexpr std::string_view name = "InitializeTask";

    TaskRequest request;
};

/// Report a task with its steps.
struct GetTask {
    using Reply = std::optional<std::string>;  ///< A JSON document; nothing for an unknown task.
    static constexpr std::string_view name = "GetTask";

    TaskId task;
};

}  // namespace tenon::orchestration
