#pragma once

#include "database/repositories/task_repository.hpp"
#include "domain/messages/task_request.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::orchestration {

/// Turns a request into a task, off the event loop: its rows and the messages for its first steps,
/// in one commit. [any-thread]
class TaskInitializationService {
public:
    /// Told the namespace of every task that was created, after its commit. [pool]
    using OnSubmitted = std::function<void(const std::string&)>;

    /// `tasks` and `pool` must outlive the service.
    TaskInitializationService(
        database::TaskRepository& tasks,
        BlockingPool& pool,
        OnSubmitted on_submitted
    )
        : tasks_(tasks), pool_(pool), on_submitted_(std::move(on_submitted)) {}

    /// Throws as `TaskRepository::submit` does.
    asio::awaitable<TaskReceipt> initialize(TaskRequest request);

    /// All of them in one commit, or none.
    asio::awaitable<std::vector<TaskReceipt>> initialize(std::vector<TaskRequest> requests);

private:
    database::TaskRepository& tasks_;
    BlockingPool& pool_;
    const OnSubmitted on_submitted_;
};

}  // namespace tenon::orchestration
