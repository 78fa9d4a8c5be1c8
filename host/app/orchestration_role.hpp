#pragma once

#include "database/connection_pool.hpp"
#include "database/repositories/operations/dead_letter_repository.hpp"
#include "database/repositories/operations/repair_repository.hpp"
#include "database/repositories/step_repository.hpp"
#include "database/repositories/task_repository.hpp"
#include "foundation/http/router.hpp"
#include "foundation/runtime/actor_registry.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "orchestration/actors/dead_letter_actor.hpp"
#include "orchestration/actors/task_repair_actor.hpp"
#include "orchestration/actors/task_request_actor.hpp"
#include "orchestration/commands/command_processor.hpp"
#include "orchestration/services/dead_letter_service.hpp"
#include "orchestration/services/retry_timer_service.hpp"
#include "orchestration/services/step_repair_service.hpp"
#include "orchestration/services/task_cancellation_service.hpp"
#include "orchestration/services/task_initialization_service.hpp"
#include "orchestration/services/task_query_service.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace tenon::app {

/// The orchestration role, wired: submissions, questions and retries.
class OrchestrationRole {
public:
    /// Told which namespaces got steps on their queue.
    using Announce = std::function<void(const std::vector<std::string>&)>;

    OrchestrationRole(
        database::ConnectionPool& pool,
        BlockingPool& blocking,
        const Announce& announce
    );

    /// Adds the routes of the task API. [setup]
    void add_routes(Router& router);

    /// A step falls due after `delay`. [any-thread]
    void retry_scheduled(std::chrono::milliseconds delay) { timer_.scheduled(delay); }

    /// Refuses further commands and lets no more retries fall due.
    void stop();

private:
    database::TaskRepository tasks_;
    database::RepairRepository repairs_;
    database::DeadLetterRepository letters_;
    database::StepRepository steps_;
    orchestration::TaskInitializationService initialization_;
    orchestration::TaskCancellationService cancellation_;
    orchestration::TaskQueryService query_;
    orchestration::StepRepairService step_repair_;
    orchestration::DeadLetterService dead_letter_;
    ActorRegistry actors_;
    orchestration::CommandProcessor commands_{{}};
    orchestration::RetryTimerService timer_;
};

}  // namespace tenon::app
