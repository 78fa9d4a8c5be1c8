#include "app/orchestration_role.hpp"

#include "foundation/telemetry/log.hpp"
#include "messaging/queue_names.hpp"
#include "orchestration/actors/dead_letter_actor.hpp"
#include "orchestration/actors/overview_actor.hpp"
#include "orchestration/actors/result_processor_actor.hpp"
#include "orchestration/actors/step_enqueuer_actor.hpp"
#include "orchestration/actors/task_finalizer_actor.hpp"
#include "orchestration/actors/task_repair_actor.hpp"
#include "orchestration/actors/task_request_actor.hpp"
#include "orchestration/actors/template_actor.hpp"
#include "orchestration/web/dead_letter_routes.hpp"
#include "orchestration/web/overview_routes.hpp"
#include "orchestration/web/step_routes.hpp"
#include "orchestration/web/task_routes.hpp"
#include "orchestration/web/template_routes.hpp"

#include <exception>
#include <utility>

namespace tenon::app {
namespace {

// One for each queue, the timer, the poller and the housekeeping: none waits for another.
constexpr std::size_t thread_count = 6;

}  // namespace

OrchestrationRole::OrchestrationRole(
    database::ConnectionPool& pool,
    BlockingPool& blocking,
    orchestration::OrchestrationEventSystem::Options options,
    Observers observers
)
    : observers_(std::move(observers)),
      threads_(thread_count),
      tasks_(pool),
      templates_(pool),
      repairs_(pool),
      letters_(pool),
      overviews_(pool),
      steps_(pool),
      queues_(pool),
      messages_(pool),
      reading_(queues_, threads_),
      initialization_(needs(), tasks_, blocking, {observers_.fed, observers_.start}),
      cancellation_(repairs_, blocking),
      query_(tasks_, blocking),
      step_repair_(repairs_, tasks_, blocking),
      dead_letter_(letters_, repairs_, blocking),
      overview_(overviews_, blocking),
      results_(
          needs(),
          {.fed = observers_.fed,
           .retry_scheduled = [this](std::chrono::milliseconds delay
                              ) { events_.process_event(orchestration::RetryScheduled{delay}); },
           .finalizations_sent =
               [this] {
                   const std::string queue(messaging::finalizations_queue);
                   events_.process_event(orchestration::QueueFed{queue});
                   observers_.finalizations_sent();
               },
           .published = observers_.published}
      ),
      finalization_(needs(), observers_.ended),
      enqueuing_(needs(), steps_, observers_.fed),
      maintenance_(needs(), {}),
      template_(templates_, blocking, observers_.fed),
      events_(options, commands_, reading_) {
    build_actors();
    actors_.start();
}

void OrchestrationRole::build_actors() {
    using namespace orchestration;
    commands_.connect(
        actors_.build<TaskRequestActor>(initialization_, cancellation_, query_, reading_)
    );
    commands_.connect(actors_.build<ResultProcessorActor>(results_, reading_));
    commands_.connect(actors_.build<StepEnqueuerActor>(enqueuing_));
    commands_.connect(actors_.build<TaskFinalizerActor>(finalization_, maintenance_, reading_));
    commands_.connect(actors_.build<TaskRepairActor>(step_repair_));
    commands_.connect(actors_.build<DeadLetterActor>(dead_letter_));
    commands_.connect(actors_.build<TemplateActor>(template_));
    commands_.connect(actors_.build<OverviewActor>(overview_));
    commands_.connect(actors_.build<OrchestrationStatusActor>(status_sources()));
}

OrchestrationRole::~OrchestrationRole() {
    stop();
    threads_.stop();
}

void OrchestrationRole::add_routes(Router& router) {
    orchestration::add_task_routes(router, commands_);
    orchestration::add_step_routes(router, commands_);
    orchestration::add_dead_letter_routes(router, commands_);
    orchestration::add_template_routes(router, commands_);
    orchestration::add_overview_routes(router, commands_);
}

void OrchestrationRole::start(HostId host) {
    host_ = host;
    events_.start();
}

void OrchestrationRole::stop() {
    events_.stop();
    commands_.stop();
    actors_.stop();
    try {
        reading_.keep_promises();
    } catch (const std::exception& error) {
        log::warning("orchestration", error.what());
    }
}

orchestration::OrchestrationStatusActor::Sources OrchestrationRole::status_sources() {
    return {
        .statistics =
            [this] {
                return orchestration::ProcessingStats{
                    .commands = commands_.statistics(), .events = events_.statistics()
                };
            },
        .health = [this] { return events_.health_check(); },
        .shut_down = observers_.shut_down
    };
}

}  // namespace tenon::app
