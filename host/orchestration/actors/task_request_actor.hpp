#pragma once

#include "orchestration/commands/task_request_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

class QueueReadingService;
class TaskCancellationService;
class TaskInitializationService;
class TaskQueryService;

/// Owns what people ask about tasks from outside: that one begins or ends early, and how one is.
/// [any-thread]
class TaskRequestActor {
public:
    /// All must outlive the actor.
    TaskRequestActor(
        TaskInitializationService& initialization,
        TaskCancellationService& cancellation,
        TaskQueryService& query,
        QueueReadingService& reading
    )
        : initialization_(initialization),
          cancellation_(cancellation),
          query_(query),
          reading_(reading) {}

    static std::string_view name() noexcept { return "TaskRequestActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<TaskReceipt> handle(InitializeTask command);
    asio::awaitable<InitializeTasks::Reply> handle(InitializeTasks command);
    asio::awaitable<BatchReport> handle(InitializeTaskFromMessage command);
    asio::awaitable<BatchReport> handle(InitializeTaskFromEvent command);
    asio::awaitable<CancelTask::Reply> handle(CancelTask command);
    asio::awaitable<GetTask::Reply> handle(GetTask query);
    asio::awaitable<GetSteps::Reply> handle(GetSteps query);
    asio::awaitable<GetStep::Reply> handle(GetStep query);
    asio::awaitable<GetStepAudit::Reply> handle(GetStepAudit query);

private:
    TaskInitializationService& initialization_;
    TaskCancellationService& cancellation_;
    TaskQueryService& query_;
    QueueReadingService& reading_;
};

}  // namespace tenon::orchestration
