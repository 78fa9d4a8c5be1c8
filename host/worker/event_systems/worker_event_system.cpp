#include "worker/event_systems/worker_event_system.hpp"

#include "domain/ids.hpp"
#include "foundation/overloaded.hpp"
#include "foundation/runtime/alarm.hpp"
#include "foundation/runtime/event_loop.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/channels.hpp"

#include <boost/system/system_error.hpp>

#include <exception>
#include <set>
#include <utility>

namespace tenon::worker {
namespace {

constexpr std::string_view component = "worker events";

// Registrations come in bursts: a folder of templates is one refresh.
constexpr std::chrono::milliseconds burst(50);
constexpr std::chrono::milliseconds pause_after_failure(1000);

}  // namespace

/// Refreshes templates, one namespace after the other, on a thread of its own.
class WorkerEventSystem::TemplateWatch {
public:
    explicit TemplateWatch(std::shared_ptr<WorkerCommandProcessor> commands)
        : commands_(std::move(commands)), alarm_(loop_.executor()) {
        loop_.spawn("template watch", run());
    }

    ~TemplateWatch() { stop(); }

    TemplateWatch(const TemplateWatch&) = delete;
    TemplateWatch& operator=(const TemplateWatch&) = delete;

    void stop() { loop_.stop(); }

    /// Empty: all namespaces.
    void refresh(const std::string& namespace_name, std::chrono::milliseconds delay) {
        {
            const std::scoped_lock lock(mutex_);
            pending_.insert(namespace_name);
        }
        alarm_.set(delay);
    }

private:
    asio::awaitable<void> run() {
        while (true) {
            co_await alarm_.wait();
            auto names = take();
            if (names.contains("")) {
                names = {""};
            }
            for (const auto& name : names) {
                co_await refresh_one(name);
            }
        }
    }

    asio::awaitable<void> refresh_one(std::string namespace_name) {
        RefreshTemplateCache command;
        if (!namespace_name.empty()) {
            command.namespace_name = namespace_name;
        }
        try {
            co_await commands_->ask(std::move(command));
            co_return;
        } catch (const boost::system::system_error&) {
            throw;  // It was cancelled.
        } catch (const Exception& error) {
            log::warning(
                component, "the templates were not refreshed: " + std::string(error.what())
            );
            if (!is_retryable(error.code())) {
                co_return;
            }
        }
        refresh(namespace_name, pause_after_failure);
    }

    std::set<std::string> take() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(pending_, {});
    }

    const std::shared_ptr<WorkerCommandProcessor> commands_;
    EventLoop loop_{std::string(component)};
    Alarm alarm_;
    std::mutex mutex_;  // Guards the names, which others add to.
    std::set<std::string> pending_;
};

WorkerEventSystem::WorkerEventSystem(Options options) : options_(options), mode_(options.mode) {}

WorkerEventSystem::~WorkerEventSystem() {
    stop();
}

void WorkerEventSystem::start(std::shared_ptr<WorkerCommandProcessor> commands) {
    stop();
    const auto watch = std::make_shared<TemplateWatch>(commands);
    {
        const std::scoped_lock lock(mutex_);
        commands_ = std::move(commands);
        watch_ = watch;
    }
    adjust_polling();
    watch->refresh("", std::chrono::milliseconds(0));
}

void WorkerEventSystem::stop() {
    std::shared_ptr<TemplateWatch> ended;
    {
        const std::scoped_lock lock(mutex_);
        commands_.reset();
        ended = std::exchange(watch_, nullptr);
    }
    if (ended) {
        // Here and not with the last reference, which may be that of an event under way.
        ended->stop();
    }
}

std::shared_ptr<WorkerCommandProcessor> WorkerEventSystem::commands() const {
    const std::scoped_lock lock(mutex_);
    return commands_;
}

void WorkerEventSystem::process_event(const WorkerEvent& event) {
    const bool connected = std::holds_alternative<ListenerConnected>(event);
    if (connected || std::holds_alternative<ListenerLost>(event)) {
        listening_ = connected && uses_notifications(mode_);
        {
            const std::scoped_lock lock(mutex_);
            ++(connected ? counted_.connected : counted_.lost);
        }
    }
    const auto worker = commands();
    if (!worker) {
        return;
    }
    try {
        act_on(event, *worker);
    } catch (const std::exception& error) {
        note(false, error.what());
        if (connected) {
            throw;
        }
        log::warning(component, error.what());
    }
}

void WorkerEventSystem::act_on(const WorkerEvent& event, WorkerCommandProcessor& commands) {
    const auto refresh = [this](const std::string& namespace_name) {
        const std::scoped_lock lock(mutex_);
        if (watch_) {
            watch_->refresh(namespace_name, burst);
        }
    };
    const bool processed = std::visit(
        Overloaded{
            [&](const NotificationHeard& heard) {
                if (heard.notification.channel == messaging::channels::templates &&
                    uses_notifications(mode_)) {
                    ++templates_;
                    refresh(heard.notification.payload);
                    return true;
                }
                return uses_notifications(mode_) && hear(heard.notification, commands);
            },
            [&](const ListenerConnected&) {
                adjust_polling();
                commands.ask_now(LookForWork{});
                refresh("");
                return true;
            },
            [&](const ListenerLost&) {
                adjust_polling();
                return true;
            },
            [&](const PluginsChanged&) {
                refresh("");
                return true;
            }
        },
        event
    );
    note(processed, {});
}

/// False when it means nothing to this worker.
bool WorkerEventSystem::hear(
    const database::Notification& notification,
    WorkerCommandProcessor& commands
) {
    const auto& [channel, payload] = notification;
    if (channel == messaging::channels::work) {
        ++work_;
        return commands.ask_now(ExecuteStepFromEvent{payload});
    }
    if (channel != messaging::channels::cancel) {
        return false;
    }
    ++cancellations_;
    const auto task = TaskId::from_text(payload);
    if (task) {
        commands.ask_now(CancelSteps{*task});
    }
    return task.has_value();
}

void WorkerEventSystem::note(bool processed, const std::string& failure) {
    const std::scoped_lock lock(mutex_);
    last_event_ = Clock::now();
    counted_.failure = failure;
    if (!failure.empty()) {
        ++counted_.failed;
    } else {
        ++(processed ? counted_.processed : counted_.ignored);
    }
}

HealthReport WorkerEventSystem::health_check() const {
    const auto state = statistics();
    if (!state.running) {
        return {.status = HealthStatus::unhealthy, .message = "the event system does not run"};
    }
    if (uses_notifications(state.mode) && !state.listening) {
        return {.status = HealthStatus::degraded, .message = "no bell is heard; polling instead"};
    }
    if (!state.failure.empty()) {
        return {
            .status = HealthStatus::degraded, .message = "the last event failed: " + state.failure
        };
    }
    return {.status = HealthStatus::healthy, .message = std::string(to_string(state.mode))};
}

WorkerEventStatistics WorkerEventSystem::statistics() const {
    const std::scoped_lock lock(mutex_);
    auto statistics = counted_;
    statistics.mode = mode_;
    statistics.running = commands_ != nullptr;
    statistics.listening = listening_;
    statistics.work = work_;
    statistics.cancellations = cancellations_;
    statistics.templates = templates_;
    if (last_event_) {
        statistics.since_last =
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *last_event_);
    }
    return statistics;
}

void WorkerEventSystem::set_deployment_mode(DeploymentMode mode) {
    mode_ = mode;
    if (!uses_notifications(mode)) {
        listening_ = false;  // Until somebody listens again and says so.
    }
    adjust_polling();
}

// Who hears nothing looks as often as one who never listens, whatever the mode.
void WorkerEventSystem::adjust_polling() {
    const std::scoped_lock lock(polling_mutex_);
    const auto worker = commands();
    if (!worker) {
        return;
    }
    const DeploymentMode wanted = mode_;
    const bool deaf = uses_notifications(wanted) && !listening_;
    worker->ask_now(SetPollIntervals{
        deaf ? poll_intervals(DeploymentMode::polling_only)
             : poll_intervals(wanted, options_.poll_interval)
    });
}

}  // namespace tenon::worker
