#pragma once

#include "domain/messages/task_request.hpp"

#include <future>
#include <optional>
#include <string>
#include <utility>

namespace tenon::worker {

/// A task that somebody submits to this host and that may begin here at once, on its way through a
/// lane of the step pump.
struct EagerStart {
    EagerStart(TaskRequest asked, std::string queue_of_steps)
        : request(std::move(asked)), queue(std::move(queue_of_steps)) {}

    const TaskRequest request;
    const std::string queue;  ///< Where its first steps would wait otherwise.
    /// Given by the lane, once; nullopt: nothing was sent, and somebody else may.
    std::promise<std::optional<TaskReceipt>> receipt;
};

}  // namespace tenon::worker
