#pragma once

#include "domain/ids.hpp"
#include "domain/messages/batch_report.hpp"
#include "domain/messages/intervention.hpp"
#include "domain/messages/queue_message.hpp"
#include "domain/messages/task_request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::orchestration {

/// Create the task that somebody asks for, or find the one that an equal request created.
struct InitializeTask {
    using Reply = TaskReceipt;
    static constexpr std::string_view name = "InitializeTask";

    TaskRequest request;
};

/// The same for many requests: all of them or none.
struct InitializeTasks {
    using Reply = std::vector<TaskReceipt>;  ///< In the order of the requests.
    static constexpr std::string_view name = "InitializeTasks";

    std::vector<TaskRequest> requests;
};

/// End a task early: what waits is cancelled at once, what runs is asked to stop.
struct CancelTask {
    using Reply = Cancellation;
    static constexpr std::string_view name = "CancelTask";

    TaskId task;
    Intervention intervention;
};

/// Create the tasks that these messages ask for.
struct InitializeTaskFromMessage {
    using Reply = BatchReport;
    static constexpr std::string_view name = "InitializeTaskFromMessage";

    std::vector<QueueMessage> messages;
};

/// There are requests on their queue: create tasks until it is empty.
struct InitializeTaskFromEvent {
    using Reply = BatchReport;
    static constexpr std::string_view name = "InitializeTaskFromEvent";
};

/// Report a task with its steps.
struct GetTask {
    using Reply = std::optional<std::string>;  ///< A JSON document; nothing for an unknown task.
    static constexpr std::string_view name = "GetTask";

    TaskId task;
};

/// Report the steps of a task.
struct GetSteps {
    using Reply = std::optional<std::string>;  ///< A JSON array; nothing for an unknown task.
    static constexpr std::string_view name = "GetSteps";

    TaskId task;
};

/// Report one step of a task.
struct GetStep {
    using Reply = std::optional<std::string>;  ///< A JSON document; nothing for an unknown step.
    static constexpr std::string_view name = "GetStep";

    StepReference step;
};

/// Report every change of a step's state.
struct GetStepAudit {
    using Reply = std::optional<std::string>;  ///< A JSON array; nothing for an unknown step.
    static constexpr std::string_view name = "GetStepAudit";

    StepReference step;
};

}  // namespace tenon::orchestration
