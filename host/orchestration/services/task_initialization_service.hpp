#pragma once

#include "database/repositories/task_repository.hpp"
#include "domain/messages/task_request.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <boost/asio/awaitable.hpp>

namespace tenon::orchestration {

/// Creates tasks, off the event loop. [any-thread]
class TaskInitializationService {
public:
    /// Both must outlive the service.
    TaskInitializationService(database::TaskRepository& tasks, BlockingPool& pool)
        : tasks_(tasks), pool_(pool) {}

    /// Throws as `TaskRepository::submit` does.
    asio::awaitable<TaskId> initialize(TaskRequest request);

private:
    database::TaskRepository& tasks_;
    BlockingPool& pool_;
};

}  // namespace tenon::orchestration
