#pragma once

#include "app/host_options.hpp"
#include "app/shutdown/host_signals.hpp"
#include "database/step_gateway.hpp"
#include "domain/step/step_outcome.hpp"
#include "worker/services/step_pump.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tenon::app {

/// A whole host, wired: every part of every role is made here and nowhere else.
///
/// What can outlive a lost lease (server, pool, plugins, HTTP) is made once; presence and worker,
/// which belong to one registration, are made anew when the host was declared lost.
class Host {
public:
    /// For benchmarks and tests inside the process. Called on the host's threads; may be empty.
    struct Hooks {
        std::function<void(const ClaimedStep&)> handler_started;
        /// Attempts that the database has: with the profile `queued`, for orchestration to
        /// evaluate.
        std::function<void(const std::vector<SettledStep>&)> settled;
        std::function<void(const std::vector<database::FinishedTask>&)> finished;
    };

    explicit Host(HostOptions options, Hooks hooks = {});
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// Brings everything up, in order, or throws tenon::Exception with one sentence and leaves
    /// nothing behind. Call it from the main thread.
    void start();

    /// What to connect to: the embedded server's, or the given URL.
    const std::string& conninfo() const;

    /// The embedded server's process, or 0.
    int postmaster_pid() const;

    /// The port really listened on, or 0 without the orchestration role.
    std::uint16_t port() const;

    worker::StepPump::Statistics pump_statistics() const;

    /// How this host learns of work from now on. Between `start` and `stop` only. [any-thread]
    void set_mode(DeploymentMode mode);

    DeploymentMode mode() const;

    /// How long handlers may take when the host stops from now on. On the thread of `run` only.
    void set_stop_limits(std::chrono::milliseconds soft, std::chrono::milliseconds hard);

    /// Somebody put steps on this namespace's queue without ringing for it. [any-thread]
    void wake(const std::string& namespace_name);

    /// Ends this host's work and its sessions on the step path; database and HTTP stay.
    void leave();

    /// What was left when the host stopped.
    struct Stopped {
        bool all_ended = true;      ///< Else leave the process without destructors: threads run.
        std::size_t unsettled = 0;  ///< Steps that other hosts must do again.
    };

    /// Waits for SIGTERM or SIGINT, from which on the host is not ready. Call `block_host_signals`
    /// before the first thread starts. `hung_up` is called at SIGHUP.
    void run(const std::function<void()>& hung_up = [] {});

    /// Takes everything down, in reverse order, the worker's handlers first. A signal that comes
    /// meanwhile hastens; one more ends the process. May be called twice.
    Stopped stop();

private:
    struct Parts;

    std::unique_ptr<Parts> parts_;
};

}  // namespace tenon::app
