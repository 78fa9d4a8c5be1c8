#pragma once

#include "app/host_options.hpp"
#include "app/presence.hpp"
#include "database/connection_pool.hpp"
#include "messaging/bell.hpp"
#include "messaging/listener.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "worker/worker.hpp"

#include <functional>
#include <memory>
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
        messaging::Bell& bell;
    };

    /// Called on threads of the worker and of presence. None may be empty.
    struct Observers {
        std::function<void(const ClaimedStep&)> handler_started;
        std::function<void(const std::vector<database::FinishedTask>&)> finished;
        std::function<void(std::chrono::milliseconds)> retry_scheduled;
        std::function<void()> lost;
    };

    /// Registers, connects and begins to work. Throws when the database cannot be reached.
    Membership(const Needs& needs, Observers observers);
    ~Membership();
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

    /// A namespace may have work. [any-thread]
    void wake(const std::string& namespace_name);

    /// Steps were put on these namespaces' queues by this host: wake it and the others.
    void announce(const std::vector<std::string>& namespaces);

    worker::StepPump::Statistics statistics() const;

    /// Stops working, gives back what did not begin and says goodbye. False when a handler would
    /// not end within `limit`: its thread goes on for as long as the process lives.
    bool stop(std::chrono::milliseconds limit);

private:
    static Presence::Options presence_options(const Needs& needs);
    void start_worker(const Needs& needs, const Observers& observers);
    database::HostRepository::Beat snapshot() const;

    messaging::Bell& bell_;
    Presence presence_;
    std::unique_ptr<worker::Worker> worker_;
    std::vector<StepId> still_running_;
    worker::StepPump::Statistics final_statistics_;  ///< Of a worker that was stopped.
};

}  // namespace tenon::app
