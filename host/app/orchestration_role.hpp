#pragma once

#include "database/connection_pool.hpp"
#include "database/repositories/operations/dead_letter_repository.hpp"
#include "database/repositories/operations/overview_repository.hpp"
#include "database/repositories/operations/repair_repository.hpp"
#include "database/repositories/queues/orchestration_repository.hpp"
#include "database/repositories/queues/queue_repository.hpp"
#include "database/repositories/step_repository.hpp"
#include "database/repositories/task_repository.hpp"
#include "database/repositories/template_repository.hpp"
#include "foundation/http/health_routes.hpp"
#include "foundation/http/router.hpp"
#include "foundation/runtime/actor_registry.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "orchestration/actors/orchestration_status_actor.hpp"
#include "orchestration/commands/command_processor.hpp"
#include "orchestration/event_systems/orchestration_event_system.hpp"
#include "orchestration/services/dead_letter_service.hpp"
#include "orchestration/services/finalization_service.hpp"
#include "orchestration/services/maintenance_service.hpp"
#include "orchestration/services/overview_service.hpp"
#include "orchestration/services/result_processing_service.hpp"
#include "orchestration/services/step_enqueuing_service.hpp"
#include "orchestration/services/step_repair_service.hpp"
#include "orchestration/services/task_cancellation_service.hpp"
#include "orchestration/services/task_initialization_service.hpp"
#include "orchestration/services/task_query_service.hpp"
#include "orchestration/services/templates/template_service.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace tenon::app {

/// The orchestration role, wired: what people ask for, the three queues, and time.
class OrchestrationRole {
public:
    /// What the rest of the host does for the role. Called on its threads; none may be empty.
    struct Observers {
        std::function<void(const std::vector<std::string>&)> fed;  ///< Namespaces got steps.
        /// Makes a task that begins in this host; nullopt where it cannot begin at once.
        orchestration::TaskInitializationService::Start start;
        std::function<void(const std::vector<database::FinishedTask>&)> ended;
        std::function<void()> finalizations_sent;  ///< By this host: others may help.
        std::function<void()> shut_down;           ///< Somebody asks for the end of the host.
        std::function<void(std::vector<DomainEvent>)> published;  ///< Events for subscribers.
    };

    /// `pool` and `blocking`, the threads of what people ask for, must outlive the role.
    OrchestrationRole(
        database::ConnectionPool& pool,
        BlockingPool& blocking,
        orchestration::OrchestrationEventSystem::Options options,
        Observers observers
    );
    ~OrchestrationRole();
    OrchestrationRole(const OrchestrationRole&) = delete;
    OrchestrationRole& operator=(const OrchestrationRole&) = delete;

    /// Adds the routes of the task API. [setup]
    void add_routes(Router& router);

    /// Whether the role can do its work, for the health routes. [loop]
    asio::awaitable<HealthReport> health() { return commands_.ask(orchestration::HealthCheck{}); }

    /// The host is registered, perhaps anew, under this number: from now on the role acts. [setup]
    void start(HostId host);

    /// Something happened that the role may have to act upon. [any-thread]
    void process_event(const orchestration::OrchestrationEvent& event) {
        events_.process_event(event);
    }

    /// How the role learns of work from now on. [any-thread]
    void set_mode(DeploymentMode mode) { events_.set_deployment_mode(mode); }

    /// Refuses further commands, and lets batches under way end.
    void stop();

private:
    orchestration::QueueNeeds needs() noexcept { return {messages_, queues_, threads_, host_}; }

    void build_actors();
    orchestration::OrchestrationStatusActor::Sources status_sources();

    const Observers observers_;
    std::atomic<HostId> host_{};
    BlockingPool threads_;  ///< Of the work that queues and timers give.
    database::TaskRepository tasks_;
    database::TemplateRepository templates_;
    database::RepairRepository repairs_;
    database::DeadLetterRepository letters_;
    database::OverviewRepository overviews_;
    database::StepRepository steps_;
    database::QueueRepository queues_;
    database::OrchestrationRepository messages_;
    orchestration::QueueReadingService reading_;
    orchestration::TaskInitializationService initialization_;
    orchestration::TaskCancellationService cancellation_;
    orchestration::TaskQueryService query_;
    orchestration::StepRepairService step_repair_;
    orchestration::DeadLetterService dead_letter_;
    orchestration::OverviewService overview_;
    orchestration::ResultProcessingService results_;
    orchestration::FinalizationService finalization_;
    orchestration::StepEnqueuingService enqueuing_;
    orchestration::MaintenanceService maintenance_;
    orchestration::TemplateService template_;
    ActorRegistry actors_;
    orchestration::CommandProcessor commands_{{}};
    orchestration::OrchestrationEventSystem events_;
};

}  // namespace tenon::app
