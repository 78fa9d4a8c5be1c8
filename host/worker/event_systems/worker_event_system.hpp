#pragma once

#include "database/notification_stream.hpp"
#include "domain/deployment_mode.hpp"
#include "foundation/http/health_routes.hpp"
#include "worker/commands/command_processor.hpp"
#include "worker/dispatch/poll_intervals.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace tenon::worker {

/// The listener heard something. Nothing in `PollingOnly`.
struct NotificationHeard {
    database::Notification notification;
};

/// The listener is connected: what was announced before was perhaps missed.
struct ListenerConnected {};

/// The listener lost its connection: from now on bells go unheard.
struct ListenerLost {};

/// Plugins were loaded: other callables may resolve now.
struct PluginsChanged {};

using WorkerEvent =
    std::variant<NotificationHeard, ListenerConnected, ListenerLost, PluginsChanged>;

/// What makes a worker look for work: bells, and the pace of the polls with which the lanes of its
/// step pump look by themselves. It turns events into commands and does nothing else. [any-thread]
///
/// It outlives the worker, which is made anew with every registration of the host. What happens
/// while there is none is found when the next one starts, because that looks at everything.
/// Events are processed on the thread that brings them; only the refresh of templates, which may
/// take long, has a thread of its own.
class WorkerEventSystem {
public:
    struct Options {
        DeploymentMode mode = DeploymentMode::hybrid;
        std::optional<std::chrono::milliseconds> poll_interval;  ///< Unset: the mode's own.
    };

    explicit WorkerEventSystem(Options options);
    ~WorkerEventSystem();
    WorkerEventSystem(const WorkerEventSystem&) = delete;
    WorkerEventSystem& operator=(const WorkerEventSystem&) = delete;

    /// Begins to act upon the worker behind `commands`, in the place of any before it.
    void start(std::shared_ptr<WorkerCommandProcessor> commands);

    /// Acts no more and lets go of the worker.
    void stop();

    bool is_running() const { return commands() != nullptr; }

    /// The worker that is acted upon; null while there is none.
    std::shared_ptr<WorkerCommandProcessor> commands() const;

    /// Throws only for ListenerConnected, when the database cannot be looked at after all: then
    /// the listener has to connect anew. Other failures are counted and logged.
    void process_event(const WorkerEvent& event);

    /// Unhealthy when it does not run, degraded when nothing is heard although the mode listens or
    /// when the last event failed.
    HealthReport health_check() const;

    WorkerEventStatistics statistics() const;

    DeploymentMode deployment_mode() const noexcept { return mode_; }

    /// Takes effect at once.
    void set_deployment_mode(DeploymentMode mode);

private:
    class TemplateWatch;
    using Clock = std::chrono::steady_clock;

    void act_on(const WorkerEvent& event, WorkerCommandProcessor& commands);
    bool hear(const database::Notification& notification, WorkerCommandProcessor& commands);
    void note(bool processed, const std::string& failure);
    void adjust_polling();

    const Options options_;
    std::atomic<DeploymentMode> mode_;
    std::atomic<bool> listening_{false};
    std::atomic<std::uint64_t> work_{0};
    std::atomic<std::uint64_t> cancellations_{0};
    std::atomic<std::uint64_t> templates_{0};
    mutable std::mutex mutex_;  // Guards what follows.
    WorkerEventStatistics counted_;
    std::optional<Clock::time_point> last_event_;
    std::shared_ptr<WorkerCommandProcessor> commands_;
    std::shared_ptr<TemplateWatch> watch_;
    std::mutex polling_mutex_;  // Who sets the intervals last has looked last.
};

}  // namespace tenon::worker
