#include "app/orchestration_role.hpp"

#include "orchestration/web/task_routes.hpp"

namespace tenon::app {

OrchestrationRole::OrchestrationRole(
    database::ConnectionPool& pool,
    BlockingPool& blocking,
    const Announce& announce
)
    : tasks_(pool),
      steps_(pool),
      initialization_(tasks_, blocking, [announce](const std::string& name) { announce({name}); }),
      query_(tasks_, blocking),
      timer_(steps_, announce) {
    commands_.connect(actors_.build<orchestration::TaskRequestActor>(initialization_, query_));
    actors_.start();
}

void OrchestrationRole::add_routes(Router& router) {
    orchestration::add_task_routes(router, commands_);
}

void OrchestrationRole::stop() {
    commands_.stop();
    timer_.stop();
    actors_.stop();
}

}  // namespace tenon::app
