#include "orchestration/actors/task_request_actor.hpp"

#include "orchestration/services/task_cancellation_service.hpp"
#include "orchestration/services/task_initialization_service.hpp"
#include "orchestration/services/task_query_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<InitializeTask::Reply> TaskRequestActor::handle(InitializeTask command) {
    return initialization_.initialize(std::move(command.request));
}

asio::awaitable<InitializeTasks::Reply> TaskRequestActor::handle(InitializeTasks command) {
    return initialization_.initialize(std::move(command.requests));
}

asio::awaitable<CancelTask::Reply> TaskRequestActor::handle(CancelTask command) {
    return cancellation_.cancel(command.task, std::move(command.intervention));
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
