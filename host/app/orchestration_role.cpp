#include "app/orchestration_role.hpp"

#include "orchestration/web/dead_letter_routes.hpp"
#include "orchestration/web/step_routes.hpp"
#include "orchestration/web/task_routes.hpp"

namespace tenon::app {

OrchestrationRole::OrchestrationRole(
    database::ConnectionPool& pool,
    BlockingPool& blocking,
    const Announce& announce
)
    : tasks_(pool),
      repairs_(pool),
      letters_(pool),
      steps_(pool),
      initialization_(tasks_, blocking, [announce](const std::string& name) { announce({name}); }),
      cancellation_(repairs_, blocking),
      query_(tasks_, blocking),
      step_repair_(repairs_, tasks_, blocking),
      dead_letter_(letters_, repairs_, blocking),
      timer_(steps_, announce) {
    commands_.connect(
        actors_.build<orchestration::TaskRequestActor>(initialization_, cancellation_, query_)
    );
    commands_.connect(actors_.build<orchestration::TaskRepairActor>(step_repair_));
    commands_.connect(actors_.build<orchestration::DeadLetterActor>(dead_letter_));
    actors_.start();
}

void OrchestrationRole::add_routes(Router& router) {
    orchestration::add_task_routes(router, commands_);
    orchestration::add_step_routes(router, commands_);
    orchestration::add_dead_letter_routes(router, commands_);
}

void OrchestrationRole::stop() {
    commands_.stop();
    timer_.stop();
    actors_.stop();
}

}  // namespace tenon::app
