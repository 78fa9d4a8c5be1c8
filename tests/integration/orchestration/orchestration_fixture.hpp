#pragma once

#include "foundation/runtime/actor_registry.hpp"
#include "foundation/runtime/event_loop.hpp"
#include "orchestration/commands/command_processor.hpp"
#include "orchestration/services/finalization_service.hpp"
#include "orchestration/services/maintenance_service.hpp"
#include "orchestration/services/queue/queue_reading_service.hpp"
#include "orchestration/services/result_processing_service.hpp"
#include "orchestration/services/step_enqueuing_service.hpp"
#include "orchestration/services/task_cancellation_service.hpp"
#include "orchestration/services/task_initialization_service.hpp"
#include "orchestration/services/task_query_service.hpp"
#include "step_path_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tenon::testing {

/// The services and actors of the orchestration role on a real database, and what they announced.
class OrchestrationTest : public StepPathTest {
protected:
    OrchestrationTest();
    ~OrchestrationTest() override;

    /// Lets the actor answer, and waits for it.
    template <Command C>
    typename C::Reply ask(C command) {
        return asio::co_spawn(
                   loop_.executor(), commands().ask(std::move(command)), asio::use_future
        )
            .get();
    }

    orchestration::CommandProcessor& commands() { return commands_; }

    orchestration::QueueReadingService& reading() { return reading_; }

    database::QueueRepository& queues() { return queues_; }

    /// Puts a message on a queue as any PGMQ client would; returns its id.
    std::string send(std::string_view queue, const std::string& message);

    /// What a foreign worker reports of a step.
    std::string send_result(TaskId task, StepNo step_no, const std::string& outcome);

    /// Messages that are on a queue, visible or not.
    std::string waiting(std::string_view queue);

    /// The reasons in a queue's archive, oldest first, separated by "|".
    std::string archived(std::string_view queue);

    /// What was told so far: "fed steps", "retry", "finalizations", "ended complete"…, by count.
    std::map<std::string, int> announced();

    /// Waits until something was announced so often. False after a long time.
    bool await_announced(const std::string& what, int count = 1);

    void note(const std::string& what);

private:
    orchestration::QueueNeeds needs() { return {messages_, queues_, threads_, host_}; }

    void build_actors();

    std::mutex mutex_;
    std::condition_variable news_;
    std::map<std::string, int> announced_;
    std::atomic<HostId> host_{HostId{1}};
    BlockingPool threads_{4};
    database::TaskRepository tasks_{pool()};
    database::RepairRepository repairs_{pool()};
    database::StepRepository steps_{pool()};
    database::QueueRepository queues_{pool()};
    database::OrchestrationRepository messages_{pool()};
    orchestration::QueueReadingService reading_{queues_, threads_};
    orchestration::TaskInitializationService initialization_;
    orchestration::TaskCancellationService cancellation_{repairs_, threads_};
    orchestration::TaskQueryService query_{tasks_, threads_};
    orchestration::ResultProcessingService results_;
    orchestration::FinalizationService finalization_;
    orchestration::StepEnqueuingService enqueuing_;
    orchestration::MaintenanceService maintenance_;
    ActorRegistry actors_;
    orchestration::CommandProcessor commands_{{}};
    EventLoop loop_{"test"};
};

}  // namespace tenon::testing
