#pragma once

#include "database/connection_pool.hpp"
#include "database/repositories/queues/queue_repository.hpp"
#include "database/repositories/step_repository.hpp"
#include "database/repositories/template_repository.hpp"
#include "foundation/runtime/actor_registry.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "worker/actors/domain_event_actor.hpp"
#include "worker/commands/command_processor.hpp"
#include "worker/dispatch/handler_pool.hpp"
#include "worker/dispatch/permits.hpp"
#include "worker/dispatch/poll_intervals.hpp"
#include "worker/dispatch/running_steps.hpp"
#include "worker/services/cancellation_service.hpp"
#include "worker/services/completion/result_sender.hpp"
#include "worker/services/domain_event_service.hpp"
#include "worker/services/progress_service.hpp"
#include "worker/services/status/worker_status_service.hpp"
#include "worker/services/step_execution/queue_watch.hpp"
#include "worker/services/step_execution/step_claimer.hpp"
#include "worker/services/step_execution/step_executor_service.hpp"
#include "worker/services/step_execution/step_invoker.hpp"
#include "worker/services/step_pump.hpp"
#include "worker/services/template_cache.hpp"
#include "worker/services/templates/template_gate.hpp"
#include "worker/services/templates/template_refresh_service.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::worker {

/// The worker role, wired: claims the steps of its namespaces and runs their handlers. What others
/// want of it they ask of its `commands`.
class Worker {
public:
    struct Options {
        std::string conninfo;
        HostId host_id{};
        std::vector<std::string> namespaces;  ///< Empty: every registered one.
        std::int32_t slots = 128;
        int lanes = 3;
        DispatchProfile profile = DispatchProfile::direct;
        PollIntervals poll = poll_intervals(DeploymentMode::hybrid);
        CancellationService::Options cancellation = {};
        CallLimits limits = {};
        CircuitBreaker* breaker = nullptr;  ///< Of the step path; outlives the worker, or none.
    };

    /// How long handlers may go on once the host is to go: then they are asked to stop, and given
    /// up when they did not.
    struct StopLimits {
        std::chrono::milliseconds soft{10000};
        std::chrono::milliseconds hard{5000};  ///< After `soft`.
    };

    /// What the worker is made on; all must outlive it.
    struct Needs {
        database::ConnectionPool& pool;
        const plugin_host::PluginRegistry& plugins;
        BlockingPool& blocking;  ///< For commands that ask the database.
    };

    /// What the rest of the host wants to know. Called on threads of the worker; any may be empty,
    /// `listening` too: then nobody listens.
    struct Observers {
        std::function<void(const std::vector<database::FinishedTask>&)> finished;
        std::function<void(const std::vector<std::string>&)> fed;
        std::function<void(std::chrono::milliseconds)> retry_scheduled;
        std::function<void(std::int32_t)> queued;
        std::function<void()> lost;
        StepInvoker::OnStart handler_started;
        std::function<void(const std::vector<SettledStep>&)> settled{};
        CancellationService::Listening listening;
        DomainEventService::Publish published{};  ///< Events of steps that settled here.
    };

    struct Statistics {
        StepPump::Statistics pump;
        RunningSteps::Statistics handlers;
        std::vector<Permits::Usage> permits;
        std::size_t running = 0;  ///< Handlers at work.
        DomainEventService::Statistics events = {};
    };

    Worker(Options options, const Needs& needs, Observers observers, HostControls host = {});
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Connects and begins to claim. Throws when the database cannot be reached. [setup]
    void start();

    /// The one door for whoever wants something of the role. [any-thread]
    WorkerCommandProcessor& commands() noexcept { return commands_; }

    /// A namespace may have work. [any-thread]
    void wake(std::string_view namespace_name);

    /// Makes a task that begins here at once, when this worker serves it and has nothing to do;
    /// nullopt when it has: nothing was done. Throws as `TaskRepository::submit` does. [pool]
    std::optional<TaskReceipt> submit_and_start(const TaskRequest& request);

    /// Steps in progress here, and since when that may be out of date: what a beat reports.
    std::vector<StepId> in_hand() const { return pump_.inbox().in_hand(); }

    std::int32_t unsure_ms() const { return pump_.inbox().oldest_call_age_ms(); }

    Statistics statistics() const {
        return {
            .pump = pump_.statistics(),
            .handlers = running_.statistics(),
            .permits = permits_.usage(),
            .running = running_.size(),
            .events = domain_events_.statistics()
        };
    }

    struct Stopped {
        bool all_ended = true;          ///< No handler runs any more.
        std::uint64_t finished = 0;     ///< Steps that were settled since it was to stop.
        std::size_t given_back = 0;     ///< Steps that had not begun.
        std::size_t cancelled = 0;      ///< Handlers that were asked to stop, for the host to go.
        std::uint64_t interrupted = 0;  ///< Of these, those that did, and whose steps went back.
        std::vector<StepId> unsettled;  ///< Steps whose results are not in the database.
    };

    /// Claims no more, gives unstarted steps back, lets running handlers finish, asks those to stop
    /// that did not within the soft limit or when somebody loses patience, and carries the results.
    /// While a handler still runs this object must not be destroyed.
    Stopped stop(StopLimits limits, const std::stop_token& impatience = {});

    /// The host was declared lost: what this worker has in hand belongs to others by now. Takes no
    /// more, drops what has not begun and asks the rest to stop.
    void abandon();

    /// What its handlers still make of their steps goes out under the host's new registration,
    /// where it is refused and counted. Requires `abandon`.
    void carry_on_as(HostId successor) { pump_.carry_on_as(successor); }

    /// True when no handler runs and no result waits.
    bool at_rest();

private:
    void build_actors();
    void run(ClaimedStep step);
    std::vector<Permits::Handler> describe(TemplateId id);
    StepPump::Observers pump_observers();
    WorkerStatusService::Needs status_needs(const Needs& needs, HostControls host);

    const Options options_;
    const Observers observers_;
    std::atomic<std::uint64_t> interrupted_{0};
    database::StepRepository steps_;
    database::TemplateRepository templates_;
    database::QueueRepository messages_;
    ActorRegistry actors_;
    WorkerCommandProcessor commands_{{}};
    TemplateCache cache_;
    Permits permits_;
    StepPump pump_;
    RunningSteps running_;
    StepInvoker invoker_;
    HandlerPool handlers_;
    CancellationService cancellation_;
    ProgressService progress_;
    QueueWatch queues_;
    TemplateGate gate_;
    StepClaimer claimer_;
    ResultSender sender_;
    TemplateRefreshService refresh_;
    StepExecutorService execution_;
    DomainEventService domain_events_;
    WorkerStatusService status_;
};

}  // namespace tenon::worker
