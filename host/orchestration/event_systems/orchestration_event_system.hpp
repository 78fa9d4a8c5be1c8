#pragma once

#include "database/notification_stream.hpp"
#include "domain/deployment_mode.hpp"
#include "foundation/http/health_routes.hpp"
#include "orchestration/commands/command_processor.hpp"
#include "orchestration/services/queue/queue_reading_service.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace tenon::orchestration {

/// The listener heard something. Nothing in `PollingOnly`.
struct NotificationHeard {
    database::Notification notification;
};

/// The listener is connected: what was announced before was perhaps missed.
struct ListenerConnected {};

/// The listener lost its connection: from now on bells go unheard.
struct ListenerLost {};

/// This host itself put messages on a queue of the role.
struct QueueFed {
    std::string queue;
};

/// A step falls due after `delay`.
struct RetryScheduled {
    std::chrono::milliseconds delay;
};

/// Another host died: what it read from the queues and did not process is anybody's.
struct HostLost {};

using OrchestrationEvent = std::
    variant<NotificationHeard, ListenerConnected, ListenerLost, QueueFed, RetryScheduled, HostLost>;

/// What makes the orchestration role act without being asked: bells, a fallback poller, timers and
/// the clock of its housekeeping. It turns all of them into commands and does nothing else.
///
/// It has a thread of its own, on which nothing blocks. What happens while it does not run is
/// found when it starts, because it looks at everything then. [any-thread]
class OrchestrationEventSystem {
public:
    struct Options {
        DeploymentMode mode = DeploymentMode::hybrid;
        std::optional<std::chrono::milliseconds> poll_interval;  ///< Unset: the mode's own.
        std::chrono::milliseconds archive_every = std::chrono::minutes(1);
        std::chrono::milliseconds maintain_every = std::chrono::hours(1);
        std::chrono::milliseconds resume_every = std::chrono::minutes(10);
    };

    /// Both must outlive it. [setup]
    OrchestrationEventSystem(
        Options options,
        CommandProcessor& commands,
        QueueReadingService& reading
    );
    ~OrchestrationEventSystem();
    OrchestrationEventSystem(const OrchestrationEventSystem&) = delete;
    OrchestrationEventSystem& operator=(const OrchestrationEventSystem&) = delete;

    /// Begins to act; nothing when it runs already. May follow a `stop`.
    void start();

    /// Lets batches under way end and stops. Not on the system's own thread.
    void stop();

    bool is_running() const { return current() != nullptr; }

    void process_event(const OrchestrationEvent& event);

    /// Unhealthy when it does not run, degraded when a queue could not be drained the last time or
    /// nothing is heard although the mode listens.
    HealthReport health_check() const;

    EventStatistics statistics() const;

    DeploymentMode deployment_mode() const noexcept { return mode_; }

    /// Takes effect at once.
    void set_deployment_mode(DeploymentMode mode);

private:
    class Run;

    std::shared_ptr<Run> current() const;
    void set_listening(bool listening);
    void adjust_pace();

    const Options options_;
    CommandProcessor& commands_;
    QueueReadingService& reading_;
    std::atomic<DeploymentMode> mode_;
    std::atomic<bool> listening_{false};
    mutable std::mutex mutex_;  // Guards the pointer, which start and stop exchange.
    std::shared_ptr<Run> run_;
};

}  // namespace tenon::orchestration
