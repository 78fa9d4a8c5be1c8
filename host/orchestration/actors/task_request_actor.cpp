#include "orchestration/actors/task_request_actor.hpp"

#include "orchestration/services/task_initialization_service.hpp"
#include "orchestration/services/task_query_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<InitializeTask::Reply> TaskRequestActor::handle(InitializeTask command) {
    return initialization_.initialize(std::move(command.request));
}

asio::awaitable<GetTask::Reply> TaskRequestActor::handle(GetTask query) {
    return query_.find(query.task);
}

}  // namespace tenon::orchestration
