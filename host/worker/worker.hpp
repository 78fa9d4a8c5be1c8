#pragma once

#include "database/connection_pool.hpp"
#include "database/repositories/step_repository.hpp"
#include "database/repositories/template_repository.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "worker/actors/ffi_completion_actor.hpp"
#include "worker/actors/step_executor_actor.hpp"
#include "worker/dispatch/handler_pool.hpp"
#include "worker/services/step_execution_service.hpp"
#include "worker/services/step_pump.hpp"
#include "worker/services/template_cache.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::worker {

/// The worker role: claims the steps of its namespaces and runs their handlers.
class Worker {
public:
    struct Options {
        std::string conninfo;
        HostId host_id{};
        std::vector<std::string> namespaces;  ///< Empty: every registered one.
        std::int32_t slots = 128;
        int lanes = 3;
        std::chrono::milliseconds poll_interval{1000};
    };

    /// What the rest of the host wants to know. Called on pump threads; any may be empty.
    struct Observers {
        std::function<void(const std::vector<database::FinishedTask>&)> finished;
        std::function<void(const std::vector<std::string>&)> fed;
        std::function<void(std::chrono::milliseconds)> retry_scheduled;
        std::function<void()> lost;
        StepExecutionService::OnStart handler_started;
    };

    Worker(
        Options options,
        database::ConnectionPool& pool,
        const plugin_host::PluginRegistry& plugins,
        Observers observers
    );

    /// Connects and begins to claim. Throws when the database cannot be reached. [setup]
    void start();

    /// A namespace may have work; an unknown one makes the worker look for new namespaces.
    /// [any-thread]
    void wake(std::string_view namespace_name);

    /// Steps in progress here, and since when that may be out of date: what a beat reports.
    std::vector<StepId> in_hand() const { return pump_.inbox().in_hand(); }

    std::int32_t unsure_ms() const { return pump_.inbox().oldest_call_age_ms(); }

    StepPump::Statistics statistics() const { return pump_.statistics(); }

    struct Stopped {
        std::size_t given_back = 0;         ///< Steps that had not begun.
        std::vector<StepId> still_running;  ///< Handlers that did not end in time hold these.
    };

    /// Claims no more, gives unstarted steps back, lets running handlers finish within `limit`,
    /// and carries their results. While a handler still runs this object must not be destroyed.
    Stopped stop(std::chrono::milliseconds limit);

private:
    void refresh_queues();
    StepPump::Observers pump_observers();

    const Options options_;
    const Observers observers_;
    database::StepRepository steps_;
    database::TemplateRepository templates_;
    TemplateCache cache_;
    StepPump pump_;
    FfiCompletionActor completion_;
    StepExecutionService execution_;
    HandlerPool handlers_;
    StepExecutorActor executor_;
};

}  // namespace tenon::worker
