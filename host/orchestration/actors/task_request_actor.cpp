#include "orchestration/actors/task_request_actor.hpp"

#include "messaging/queue_names.hpp"
#include "orchestration/actors/queue_turn.hpp"
#include "orchestration/hydration/task_request_hydrator.hpp"
#include "orchestration/services/task_cancellation_service.hpp"
#include "orchestration/services/task_initialization_service.hpp"
#include "orchestration/services/task_query_service.hpp"

#include <utility>

namespace tenon::orchestration {
namespace {

QueueTurn requests(QueueReadingService& reading) {
    return {.reading = reading, .queue = messaging::task_requests_queue};
}

}  // namespace

asio::awaitable<TaskReceipt> TaskRequestActor::handle(InitializeTask command) {
    return initialization_.initialize(std::move(command.request));
}

asio::awaitable<InitializeTasks::Reply> TaskRequestActor::handle(InitializeTasks command) {
    return initialization_.initialize(std::move(command.requests));
}

asio::awaitable<CancelTask::Reply> TaskRequestActor::handle(CancelTask command) {
    return cancellation_.cancel(command.task, std::move(command.intervention));
}

asio::awaitable<BatchReport> TaskRequestActor::handle(InitializeTaskFromMessage command) {
    return take_messages<TaskRequestHydrator>(
        requests(reading_),
        std::move(command.messages),
        [this](auto batch) { return initialization_.initialize(std::move(batch)); }
    );
}

asio::awaitable<BatchReport> TaskRequestActor::handle(InitializeTaskFromEvent /*command*/) {
    return drain_queue(requests(reading_), [this](auto messages) {
        return handle(InitializeTaskFromMessage{std::move(messages)});
    });
}

asio::awaitable<GetTask::Reply> TaskRequestActor::handle(GetTask query) {
    return query_.find(query.task);
}

asio::awaitable<GetSteps::Reply> TaskRequestActor::handle(GetSteps query) {
    return query_.steps(query.task);
}

asio::awaitable<GetStep::Reply> TaskRequestActor::handle(GetStep query) {
    return query_.step(std::move(query.step));
}

asio::awaitable<GetStepAudit::Reply> TaskRequestActor::handle(GetStepAudit query) {
    return query_.audit(std::move(query.step));
}

}  // namespace tenon::orchestration
