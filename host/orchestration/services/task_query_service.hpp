#pragma once

#include "database/repositories/task_repository.hpp"
#include "domain/messages/intervention.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace tenon::orchestration {

/// Reads tasks, off the event loop. [any-thread]
class TaskQueryService {
public:
    /// Both must outlive the service.
    TaskQueryService(database::TaskRepository& tasks, BlockingPool& pool)
        : tasks_(tasks), pool_(pool) {}

    /// The task's document as the database wrote it; nothing when there is none.
    asio::awaitable<std::optional<std::string>> find(TaskId task);

    /// The documents of its steps, a JSON array; nothing when there is no such task.
    asio::awaitable<std::optional<std::string>> steps(TaskId task);

    /// The document of one step; nothing when there is none.
    asio::awaitable<std::optional<std::string>> step(StepReference step);

    /// Every change of its state, a JSON array; nothing when there is no such step.
    asio::awaitable<std::optional<std::string>> audit(StepReference step);

private:
    database::TaskRepository& tasks_;
    BlockingPool& pool_;
};

}  // namespace tenon::orchestration
