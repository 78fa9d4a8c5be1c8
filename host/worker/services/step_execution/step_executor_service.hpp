#pragma once

#include "database/repositories/queues/queue_repository.hpp"
#include "domain/messages/batch_report.hpp"
#include "domain/messages/queue_message.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "worker/dispatch/handler_pool.hpp"
#include "worker/services/step_execution/queue_watch.hpp"
#include "worker/services/step_execution/step_claimer.hpp"
#include "worker/services/step_execution/step_start.hpp"
#include "worker/services/step_inbox.hpp"
#include "worker/services/templates/template_gate.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace tenon::worker {

namespace asio = boost::asio;

/// Starts steps, however they came here. [any-thread]
class StepExecutorService {
public:
    struct Needs {
        TemplateGate& gate;
        HandlerPool& handlers;
        StepInbox& inbox;
        StepClaimer& claimer;
        QueueWatch& queues;
        database::QueueRepository& messages;
        BlockingPool& threads;
    };

    using Batch = QueuedBatch<database::NamedStep>;

    explicit StepExecutorService(const Needs& needs) : needs_(needs) {}

    /// Hands steps that were claimed for this host to its handlers; those that it cannot run go
    /// back. Returns how many will run.
    std::size_t start(std::vector<ClaimedStep> steps);

    /// Claims one step by name and starts it. Throws ErrorCode::unavailable as StepClaimer does.
    asio::awaitable<StartedStep> start_named(database::NamedStep step);

    /// The same for what messages of a namespace's queue name, in one claim. Throws
    /// ErrorCode::not_found for a queue that this worker does not serve, and as above; then the
    /// messages are as they were.
    asio::awaitable<BatchReport> start_messages(std::string queue, Batch batch);

private:
    StartedStep start_named_now(const database::NamedStep& step);
    BatchReport start_messages_now(const std::string& queue, Batch batch);
    void check_queue(const std::string& queue) const;

    const Needs needs_;
};

}  // namespace tenon::worker
