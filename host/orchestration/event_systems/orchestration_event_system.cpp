#include "orchestration/event_systems/orchestration_event_system.hpp"

#include "foundation/overloaded.hpp"
#include "foundation/runtime/event_loop.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/channels.hpp"
#include "messaging/fallback_poller.hpp"
#include "messaging/queue_names.hpp"
#include "orchestration/event_systems/queue_drain.hpp"
#include "orchestration/event_systems/retry_timer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <exception>
#include <utility>

namespace tenon::orchestration {
namespace {

constexpr std::string_view component = "orchestration";

/// Asks the same command again and again, after `first` and then after every `interval`. A failure
/// waits for the next time.
template <Command C>
asio::awaitable<void> repeat(
    CommandProcessor& commands,
    std::chrono::milliseconds first,
    std::chrono::milliseconds interval
) {
    asio::steady_timer timer(co_await asio::this_coro::executor, first);
    while (true) {
        co_await timer.async_wait(asio::use_awaitable);
        const C command;
        try {
            co_await commands.ask(command);
        } catch (const boost::system::system_error&) {
            throw;  // It was cancelled.
        } catch (const std::exception& error) {
            log::warning(component, std::string(C::name) + ": " + error.what());
        }
        timer.expires_after(interval);
    }
}

}  // namespace

/// What exists from a start to the next stop.
class OrchestrationEventSystem::Run {
public:
    Run(const Options& options,
        messaging::PollingPace pace,
        CommandProcessor& commands,
        QueueReadingService& reading)
        : reading_(reading),
          requests_(
              loop_.executor(),
              messaging::task_requests_queue,
              [&commands] { return commands.ask(InitializeTaskFromEvent{}); }
          ),
          results_(
              loop_.executor(),
              messaging::step_results_queue,
              [&commands] { return commands.ask(ProcessStepResultFromEvent{}); }
          ),
          finalizations_(
              loop_.executor(),
              messaging::finalizations_queue,
              [&commands] { return commands.ask(FinalizeTaskFromEvent{}); }
          ),
          timer_(loop_.executor(), commands),
          poller_(loop_.executor(), pace, [this] { return look(); }) {
        for (auto* const drain : drains()) {
            loop_.spawn(std::string(drain->queue()), drain->run());
        }
        loop_.spawn("retry timer", timer_.run());
        loop_.spawn("poller", poller_.run());
        const auto at_once = std::chrono::milliseconds(0);
        const auto often = options.archive_every;
        loop_.spawn("archive", repeat<ArchiveTasks>(commands, often, often));
        const auto hourly = options.maintain_every;
        loop_.spawn("maintenance", repeat<MaintainHistory>(commands, at_once, hourly));
        const auto seldom = options.resume_every;
        loop_.spawn("resumption", repeat<ResumeStaleSteps>(commands, seldom, seldom));
    }

    ~Run() { stop(); }

    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    void stop() { loop_.stop(); }

    void ring(std::string_view queue) {
        for (auto* const drain : drains()) {
            if (drain->queue() == queue) {
                drain->ring();
            }
        }
    }

    void scheduled(std::chrono::milliseconds delay) { timer_.scheduled(delay); }

    void look_now() { poller_.look_now(); }

    void set_pace(messaging::PollingPace pace) { poller_.set_pace(pace); }

    void count(EventStatistics& statistics) {
        const auto polls = poller_.statistics();
        statistics.polls = polls.looks;
        statistics.surprises = polls.found;
        statistics.released = timer_.released();
        for (const auto* const drain : drains()) {
            statistics.queues.push_back(drain->statistics());
        }
    }

private:
    std::array<QueueDrain*, 3> drains() { return {&requests_, &results_, &finalizations_}; }

    asio::awaitable<bool> look() {
        const auto outlook = co_await reading_.look();
        if (outlook.next_due) {
            timer_.scheduled(*outlook.next_due);
        }
        bool surprised = outlook.task_requests && requests_.wake();
        surprised |= outlook.step_results && results_.wake();
        surprised |= outlook.finalizations && finalizations_.wake();
        co_return surprised;
    }

    QueueReadingService& reading_;
    EventLoop loop_{std::string(component)};
    QueueDrain requests_;
    QueueDrain results_;
    QueueDrain finalizations_;
    RetryTimer timer_;
    messaging::FallbackPoller poller_;
};

OrchestrationEventSystem::OrchestrationEventSystem(
    Options options,
    CommandProcessor& commands,
    QueueReadingService& reading
)
    : options_(options), commands_(commands), reading_(reading), mode_(options.mode) {}

OrchestrationEventSystem::~OrchestrationEventSystem() {
    stop();
}

void OrchestrationEventSystem::start() {
    const std::scoped_lock lock(mutex_);
    if (run_) {
        return;
    }
    // Another process of this host's name, or this one before a crash, may have read and died.
    reading_.redeliver();
    const auto pace = messaging::pace_of(mode_, listening_, options_.poll_interval);
    run_ = std::make_shared<Run>(options_, pace, commands_, reading_);
}

void OrchestrationEventSystem::stop() {
    std::shared_ptr<Run> ended;
    {
        const std::scoped_lock lock(mutex_);
        ended = std::exchange(run_, nullptr);
    }
    if (ended) {
        // Here and not with the last reference, which may be that of work this has to wait for.
        ended->stop();
    }
}

void OrchestrationEventSystem::process_event(const OrchestrationEvent& event) {
    if (std::holds_alternative<ListenerConnected>(event)) {
        set_listening(true);
    } else if (std::holds_alternative<ListenerLost>(event)) {
        set_listening(false);
    }
    const auto run = current();
    if (!run) {
        return;
    }
    std::visit(
        Overloaded{
            [&](const NotificationHeard& heard) {
                const auto& [channel, payload] = heard.notification;
                if (!uses_notifications(mode_)) {
                    return;
                }
                if (channel == messaging::channels::orchestration) {
                    run->ring(payload);
                } else if (channel == messaging::channels::due) {
                    run->scheduled(std::chrono::milliseconds(0));
                }
            },
            [&](const ListenerConnected&) { run->look_now(); },
            [&](const ListenerLost&) { run->look_now(); },
            [&](const QueueFed& fed) { run->ring(fed.queue); },
            [&](const RetryScheduled& retry) { run->scheduled(retry.delay); },
            [&](const HostLost&) {
                reading_.redeliver();
                run->look_now();
            }
        },
        event
    );
}

HealthReport OrchestrationEventSystem::health_check() const {
    const auto state = statistics();
    if (!state.running) {
        return {.status = HealthStatus::unhealthy, .message = "the event system does not run"};
    }
    for (const auto& queue : state.queues) {
        if (!queue.failure.empty()) {
            return {
                .status = HealthStatus::degraded,
                .message = "queue " + queue.queue + " cannot be drained: " + queue.failure
            };
        }
    }
    if (uses_notifications(state.mode) && !state.listening) {
        return {.status = HealthStatus::degraded, .message = "no bell is heard; polling instead"};
    }
    return {.status = HealthStatus::healthy, .message = std::string(to_string(state.mode))};
}

EventStatistics OrchestrationEventSystem::statistics() const {
    const auto run = current();
    EventStatistics statistics{
        .mode = mode_, .running = run != nullptr, .listening = listening_, .queues = {}
    };
    if (run) {
        run->count(statistics);
    }
    return statistics;
}

void OrchestrationEventSystem::set_deployment_mode(DeploymentMode mode) {
    mode_ = mode;
    if (!uses_notifications(mode)) {
        listening_ = false;  // Until somebody listens again and says so.
    }
    adjust_pace();
}

void OrchestrationEventSystem::set_listening(bool listening) {
    listening_ = listening;
    adjust_pace();
}

void OrchestrationEventSystem::adjust_pace() {
    if (const auto run = current()) {
        run->set_pace(messaging::pace_of(mode_, listening_, options_.poll_interval));
    }
}

std::shared_ptr<OrchestrationEventSystem::Run> OrchestrationEventSystem::current() const {
    const std::scoped_lock lock(mutex_);
    return run_;
}

}  // namespace tenon::orchestration
