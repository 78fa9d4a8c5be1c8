#pragma once

#include "database/repositories/task_repository.hpp"
#include "domain/messages/batch_report.hpp"
#include "domain/messages/queue_message.hpp"
#include "domain/messages/task_request.hpp"
#include "orchestration/services/queue/queue_needs.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::orchestration {

/// Turns requests into tasks, off the event loop: their rows and the messages for their first
/// steps, in one commit. [any-thread]
class TaskInitializationService {
public:
    /// Told the namespaces whose queues got steps, after the commit. [pool]
    using OnFed = std::function<void(const std::vector<std::string>&)>;

    /// Makes a task that begins in this host, if it can begin at once; nullopt otherwise: nothing
    /// was done. Throws as `TaskRepository::submit` does. [pool]
    using Start = std::function<std::optional<TaskReceipt>(const TaskRequest&)>;

    struct Observers {
        OnFed fed;
        Start start;  ///< May be empty.
    };

    /// `direct` runs the requests that do not come from the queue, so that neither waits for the
    /// other.
    TaskInitializationService(
        const QueueNeeds& needs,
        database::TaskRepository& tasks,
        BlockingPool& direct,
        Observers observers
    )
        : needs_(needs), tasks_(tasks), direct_(direct), observers_(std::move(observers)) {}

    /// Throws as `TaskRepository::submit` does.
    asio::awaitable<TaskReceipt> initialize(TaskRequest request);

    /// All of them in one commit, or none.
    asio::awaitable<std::vector<TaskReceipt>> initialize(std::vector<TaskRequest> requests);

    /// Throws as `carry_out` does.
    asio::awaitable<BatchReport> initialize(QueuedBatch<TaskRequest> batch);

private:
    TaskReceipt submit(const TaskRequest& request);
    BatchReport process(const database::OrchestrationRepository::TaskRequests& requests);

    const QueueNeeds needs_;
    database::TaskRepository& tasks_;
    BlockingPool& direct_;
    const Observers observers_;
};

}  // namespace tenon::orchestration
