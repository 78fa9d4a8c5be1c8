#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"
#include "domain/messages/intervention.hpp"
#include "domain/task/task_state_machine.hpp"

#include <cstdint>
#include <string>

namespace tenon::database {

/// What operators do to tasks and steps: each call is one commit that also judges the task again.
/// Its calls block. [any-thread]
///
/// Throws tenon::Exception: `not_found` for what does not exist, `conflict` with the state and what
/// is possible in it, `unavailable` without a database.
class RepairRepository {
public:
    explicit RepairRepository(ConnectionPool& pool) : pool_(pool) {}

    Cancellation cancel(TaskId task, const Intervention& intervention);

    /// Lets a failed step run again with all its attempts. Returns the task's state, as do the
    /// next.
    TaskState reset(StepId step, const Intervention& intervention);

    /// Settles a step without a result.
    TaskState resolve(StepId step, const Intervention& intervention);

    /// Settles a step with a result, which successors read as if its handler had given it.
    TaskState complete(
        StepId step,
        const std::string& result_json,
        const Intervention& intervention
    );

    /// Lets a task that ended in error go on: all its failed steps are reset. Returns how many.
    std::int32_t redrive(TaskId task, const Intervention& intervention);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
