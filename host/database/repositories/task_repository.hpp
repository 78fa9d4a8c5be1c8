#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"
#include "domain/messages/task_request.hpp"

#include <optional>
#include <string>

namespace tenon::database {

/// Tasks as people submit and read them. Its calls block. [any-thread]
///
/// Throws tenon::Exception: `invalid_input` for a context that violates the template's schema,
/// `not_found` for an unknown namespace or template, `unavailable` without a database.
class TaskRepository {
public:
    explicit TaskRepository(ConnectionPool& pool) : pool_(pool) {}

    /// Creates the task, its steps and the messages for its first steps, unless an equal request
    /// did so before; rings for nobody.
    TaskReceipt submit(const TaskRequest& request);

    /// The task with its steps as a JSON document; nullopt when there is none.
    std::optional<std::string> document(TaskId task);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
