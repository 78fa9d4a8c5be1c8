#pragma once

#include "database/repositories/operations/repair_repository.hpp"
#include "domain/messages/intervention.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <boost/asio/awaitable.hpp>

namespace tenon::orchestration {

/// Ends a task early, off the event loop: in one commit the task and everything of it that waits is
/// cancelled, and the hosts on which handlers of it run are told. [any-thread]
class TaskCancellationService {
public:
    /// Both must outlive the service.
    TaskCancellationService(database::RepairRepository& repairs, BlockingPool& pool)
        : repairs_(repairs), pool_(pool) {}

    asio::awaitable<Cancellation> cancel(TaskId task, Intervention intervention);

private:
    database::RepairRepository& repairs_;
    BlockingPool& pool_;
};

}  // namespace tenon::orchestration
