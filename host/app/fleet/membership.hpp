#pragma once

#include "app/fleet/former_workers.hpp"
#include "app/fleet/presence.hpp"
#include "app/host_options.hpp"
#include "app/monitoring/breakers.hpp"
#include "database/connection_pool.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "messaging/bell.hpp"
#include "messaging/listener.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "worker/worker.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::app {

/// What belongs to one registration of this host: its presence, and its worker when it has one.
class Membership {
public:
    struct Needs {
        const HostOptions& options;
        const std::string& conninfo;
        database::ConnectionPool& pool;
        const plugin_host::PluginRegistry& plugins;
        BlockingPool& blocking;
        messaging::Bell& bell;
        Breakers& breakers;
        const FormerWorkers& former;
        DeploymentMode mode = DeploymentMode::hybrid;
    };

    /// Called on threads of the worker and of presence. None may be empty but the two that begin.
    struct Observers {
        std::function<void(const ClaimedStep&)> handler_started;
        std::function<void(const std::vector<SettledStep>&)> settled{};
        std::function<void(const std::vector<database::FinishedTask>&)> finished;
        std::function<void(std::chrono::milliseconds)> retry_scheduled;
        std::function<void()> results_queued;  ///< For the orchestration role.
        std::function<void()> lost;
        std::function<bool()> listening;
        std::function<void()> others_lost;  ///< This host found others dead.
        worker::HostControls controls;      ///< What the worker may be asked to do with it.
        worker::DomainEventService::Publish published;
    };

    /// Registers, connects and begins to work. Throws when the database cannot be reached.
    Membership(const Needs& needs, Observers observers);
    ~Membership();
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

    HostId host_id() const noexcept { return presence_.host_id(); }

    /// True once the host was declared lost under this registration. [any-thread]
    bool lost() const noexcept { return *lost_; }

    /// A namespace may have work. [any-thread]
    void wake(const std::string& namespace_name);

    /// As of the worker; nullopt without one. [pool]
    std::optional<TaskReceipt> submit_and_start(const TaskRequest& request);

    /// Steps were put on these namespaces' queues by this host: wake it and the others.
    void announce(const std::vector<std::string>& namespaces);

    /// Writes down the builds that are active now, for those who read what ran. [any-thread]
    void record_plugins();

    /// The door to the worker, which lives as long as it is held; null without a worker. [setup]
    std::shared_ptr<worker::WorkerCommandProcessor> worker_commands() const;

    /// Late results of former registrations are counted with the refused ones.
    worker::Worker::Statistics statistics() const;

    /// Ends a registration that was lost, and hands out its worker, abandoned; null without one.
    std::shared_ptr<worker::Worker> surrender();

    /// What the end of the worker left behind.
    struct Drained {
        bool all_ended = true;      ///< Else a handler's thread goes on while the process lives.
        std::size_t unsettled = 0;  ///< Steps that go to other hosts, their attempts counted.
    };

    /// Takes no more work, gives back what did not begin, waits for what runs and carries the
    /// results. Others still see the host live. May be called twice.
    Drained drain(const std::stop_token& impatience);

    /// Says goodbye, after `drain`.
    void leave();

private:
    void announce_everything();
    static Presence::Options presence_options(const Needs& needs);
    void start_worker(const Needs& needs, const Observers& observers);
    database::HostRepository::Beat snapshot() const;

    const HostOptions& options_;  // Its limits of the stop may change until then.
    messaging::Bell& bell_;
    const FormerWorkers& former_;
    const plugin_host::PluginRegistry& plugins_;
    const std::shared_ptr<std::atomic<bool>> lost_;  ///< Shared with a worker that outlives this.
    Presence presence_;
    std::shared_ptr<worker::Worker> worker_;
    std::vector<StepId> unsettled_;
    worker::Worker::Statistics final_statistics_;  ///< Of a worker that was stopped.
    Drained drained_;
    bool drained_already_ = false;
    bool surrendered_ = false;
};

}  // namespace tenon::app
