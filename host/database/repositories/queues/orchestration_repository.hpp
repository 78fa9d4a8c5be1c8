#pragma once

#include "database/connection_pool.hpp"
#include "database/step_gateway.hpp"
#include "domain/event/domain_event.hpp"
#include "domain/ids.hpp"
#include "domain/messages/queue_message.hpp"
#include "domain/messages/step_result.hpp"
#include "domain/messages/task_request.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::database {

/// What the orchestration role does with messages, a batch in one statement and one commit, and its
/// housekeeping. Its calls block. [any-thread]
///
/// A batch is all or nothing: what one message of it breaks, it breaks for all. A message that is
/// no longer on its queue is skipped, so one that was delivered twice counts once.
class OrchestrationRepository {
public:
    using TaskRequests = std::vector<QueuedBatch<TaskRequest>::Entry>;
    using StepResults = std::vector<QueuedBatch<StepResult>::Entry>;
    using Finalizations = std::vector<QueuedBatch<TaskId>::Entry>;

    /// What came of one request: a task, or why there is none (it is in the archive then).
    struct RequestOutcome {
        std::int64_t message = 0;
        std::optional<TaskReceipt> receipt;
        std::string namespace_name;
        std::string refusal;
    };

    /// What a batch of step results led to.
    struct ResultEffects {
        std::vector<std::string> fed;                       ///< Namespaces that got steps.
        std::optional<std::chrono::milliseconds> retry_in;  ///< Until the first new timer.
        std::size_t finalizations = 0;                      ///< Tasks that may have ended.
        std::vector<std::string> archived;                  ///< Why, a sentence a message.
        std::size_t stale = 0;                              ///< Results that came too late.
        std::vector<DomainEvent> events;           ///< Published, for subscribers of processes.
        std::vector<std::string> rejected_events;  ///< Not published: a sentence each.
    };

    /// What a batch of finalizations led to.
    struct FinalizationEffects {
        std::vector<FinishedTask> ended;
        std::vector<std::string> archived;
    };

    explicit OrchestrationRepository(ConnectionPool& pool) : pool_(pool) {}

    std::vector<RequestOutcome> process_task_requests(HostId host, const TaskRequests& requests);
    ResultEffects process_step_results(HostId host, const StepResults& results);
    FinalizationEffects process_finalizations(HostId host, const Finalizations& tasks);

    /// Sends a result to its queue and processes it from there in the same commit.
    ResultEffects process_step_result(HostId host, const StepResult& result);

    /// Sends a task to the queue of finalizations and processes it from there in the same commit.
    FinalizationEffects process_finalization(HostId host, TaskId task);

    /// Sends again what lost its message or its timer; a full scan. Returns the namespaces to ring
    /// for.
    std::vector<std::string> resume_stale(HostId host);

    /// One batch of the walk that moves what has ended to history.
    struct Archived {
        std::optional<std::string> last;  ///< Where the walk goes on; nullopt: it is over.
        std::int64_t moved = 0;
    };

    /// Moves tasks that ended at least `settled_for` ago, with their steps, looking at up to 1000
    /// tasks after `after` (nullopt: from the first). Ends the walk where another host is at it.
    Archived archive_tasks(
        const std::optional<std::string>& after,
        std::chrono::seconds settled_for
    );

    /// Makes the coming periods, and drops those that ended longer ago than `keep` and of which no
    /// task is open. Returns a report, a JSON object.
    std::string maintain(std::chrono::hours keep, std::chrono::hours period);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
