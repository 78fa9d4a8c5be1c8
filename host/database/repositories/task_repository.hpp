#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"
#include "domain/messages/task_request.hpp"

#include <optional>
#include <string>
#include <vector>

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

    /// The same for many requests, all of them or none: one call for each set of requests that
    /// differ in nothing but context and idempotency key. The answers are in their order.
    std::vector<TaskReceipt> submit_all(const std::vector<TaskRequest>& requests);

    /// The task with its steps as a JSON document; nullopt when there is none.
    std::optional<std::string> document(TaskId task);

    /// Its steps alone, a JSON array; nullopt when there is no such task.
    std::optional<std::string> step_documents(TaskId task);

    /// One step of it, by name or UUID; nullopt when there is none.
    std::optional<std::string> step_document(TaskId task, const std::string& step);

    /// The UUID of a step of the task, given its name or its UUID; nullopt when there is none.
    std::optional<StepId> step_named(TaskId task, const std::string& step);

    /// Every change of a step's state, a JSON array.
    std::string step_audit(StepId step);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
