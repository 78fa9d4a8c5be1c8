#include "app/bootstrap.hpp"

#include "app/database_urls.hpp"
#include "app/events/host_events.hpp"
#include "app/fleet/former_workers.hpp"
#include "app/fleet/membership.hpp"
#include "app/http_security/front_options.hpp"
#include "app/monitoring/breakers.hpp"
#include "app/monitoring/host_metrics.hpp"
#include "app/notifications.hpp"
#include "app/openapi/openapi_route.hpp"
#include "app/orchestration_role.hpp"
#include "app/plugin_folder.hpp"
#include "app/readiness.hpp"
#include "app/shutdown/stop_signals.hpp"
#include "app/supervision/crash_recovery.hpp"
#include "database/embedded_server.hpp"
#include "database/migrator.hpp"
#include "database/repositories/template_repository.hpp"
#include "foundation/http/health_routes.hpp"
#include "foundation/http/router.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/channels.hpp"
#include "messaging/listener.hpp"
#include "messaging/queue_names.hpp"
#include "orchestration/services/templates/template_registration_service.hpp"
#include "plugin_host/web/plugin_routes.hpp"
#include "worker/event_systems/worker_event_system.hpp"
#include "worker/web/worker_routes.hpp"

#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <unistd.h>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "host";
constexpr std::size_t pool_connections = 12;
constexpr std::size_t blocking_threads = 4;

}  // namespace

struct Host::Parts {
    Parts(HostOptions host_options, Hooks host_hooks)
        : options(std::move(host_options)), hooks(std::move(host_hooks)), mode(options.mode) {}

    void start();
    void start_database();
    void open_http();
    void register_templates();
    void make_role();
    std::shared_ptr<messaging::Listener> make_listener();
    void join_fleet();
    bool rejoin();
    void run(const std::function<void()>& hung_up);
    DeploymentMode set_mode(DeploymentMode wanted);
    Stopped stop();
    void dismantle();

    std::shared_ptr<Membership> current() const {
        const std::scoped_lock lock(membership_mutex);
        return membership;
    }

    void replace_membership(std::shared_ptr<Membership> with) {
        const std::scoped_lock lock(membership_mutex);
        membership = std::move(with);
    }

    void announce(const std::vector<std::string>& namespaces) {
        if (const auto member = current()) {
            member->announce(namespaces);
        } else {
            for (const auto& name : namespaces) {
                bell->ring(messaging::channels::work, name);
            }
        }
    }

    void retry_scheduled(std::chrono::milliseconds delay) {
        if (role) {
            role->process_event(orchestration::RetryScheduled{delay});
        } else {
            bell->ring(messaging::channels::due, "");
        }
    }

    void results_queued() {
        tell_role(orchestration::QueueFed{std::string(messaging::step_results_queue)});
        bell->ring(messaging::channels::orchestration, messaging::step_results_queue);
    }

    void tell_role(const orchestration::OrchestrationEvent& event) {
        if (role) {
            role->process_event(event);
        }
    }

    /// Tells both roles, each in its own words.
    void tell(
        const orchestration::OrchestrationEvent& role_event,
        const worker::WorkerEvent& event
    ) {
        tell_role(role_event);
        if (worker_events) {
            worker_events->process_event(event);
        }
    }

    HostOptions options;  ///< But for the limits of its stop constant from the start on.
    const Hooks hooks;
    std::string conninfo;          ///< Of the pool.
    std::string session_conninfo;  ///< Of what needs a session; not through a pooler.
    Breakers breakers;
    std::optional<database::EmbeddedServer> server;
    std::optional<database::ConnectionPool> pool;
    std::unique_ptr<plugin_host::PluginLifecycle> plugins;
    std::optional<messaging::Bell> bell;

    std::optional<BlockingPool> blocking;
    std::optional<HostEvents> events;
    std::optional<OrchestrationRole> role;
    std::optional<worker::WorkerEventSystem> worker_events;
    std::optional<HttpFront> http;

    mutable std::mutex membership_mutex;  // Of the pointer: a lost lease replaces it.
    std::shared_ptr<Membership> membership;
    FormerWorkers former;

    std::mutex mode_mutex;  // One change of mode at a time.
    std::atomic<DeploymentMode> mode;
    std::optional<Notifications> notifications;

    std::atomic<bool> stopping{false};  ///< From the first signal on: the host is not ready.
    std::optional<Stopped> stopped;
};

void Host::Parts::start() {
    // Plugins first: a folder with a bad one refuses the start before anything is made.
    plugins = load_plugins(options);
    start_database();
    report_crashes(options, *pool);
    bell.emplace(*pool, &breakers.bell);
    notifications.emplace(*bell, [this] { return make_listener(); });
    blocking.emplace(blocking_threads);
    events.emplace(*pool, *bell, *blocking);
    if (options.orchestration) {
        make_role();
    }
    if (options.worker) {
        worker_events.emplace(
            worker::WorkerEventSystem::Options{.mode = mode, .poll_interval = options.poll_interval}
        );
    }
    open_http();
    register_templates();
    http->start();
    join_fleet();
    notifications->set_mode(mode);
    plugins->start({.published = [this] {
        if (const auto member = current()) {
            member->record_plugins();
        }
        refresh_templates(worker_events);
    }});
}

void Host::Parts::start_database() {
    const auto say = [](std::string_view sentence) { log::info("database", sentence); };
    conninfo = options.database_url;
    session_conninfo = app::session_conninfo(options);
    if (conninfo.empty()) {
        using Server = database::EmbeddedServer;
        server.emplace(Server::Options{.data_directory = options.data_directory, .log = say});
        server->start();
        session_conninfo = conninfo = server->conninfo();
    }
    database::Migrator({.conninfo = session_conninfo, .log = say}).migrate();
    pool.emplace(database::ConnectionPool::Options{
        .conninfo = conninfo,
        .size = pool_connections,
        .application_name = "tenon pool",
        .breaker = &breakers.pool
    });
}

// After the port is ours: a host that cannot start leaves no templates behind.
void Host::Parts::register_templates() {
    if (options.orchestration && !options.templates.empty()) {
        database::TemplateRepository templates(*pool);
        orchestration::TemplateRegistrationService(templates).register_folder(options.templates);
    }
}

void Host::Parts::open_http() {
    Router router;
    events->add_routes(router);
    std::vector<HealthCheck> checks{
        {"database", [this] { return check_database(*pool, *blocking); }},
        {"listener", [this] { return check_listener(mode, notifications->listening()); }},
        {"host", [this] { return check_running(stopping); }}
    };
    if (role) {
        role->add_routes(router);
        checks.push_back({"orchestration", [this] { return role->health(); }});
    }
    if (worker_events) {
        plugin_host::add_plugin_routes(router, *plugins, *blocking);
        worker::add_worker_routes(router, [this] { return worker_events->commands(); });
        checks.push_back({"worker", [this] { return check_worker(worker_events->commands()); }});
    }
    add_health_routes(router, std::move(checks), [this] { return breakers.statuses(); });
    add_metrics_route(router, [this] {
        const auto member = current();
        return HostMeasures{
            .worker = member ? member->statistics() : worker::Worker::Statistics{},
            .slots = options.worker ? options.slots : 0,
            .breakers = breakers.statuses(),
            .plugins = plugins->transitions(),
            .events = events->feed().bus().statistics(),
            .access = http->access(),
            .listening = notifications->listening(),
            .stopping = stopping
        };
    });
    add_description_routes(router, options);
    http.emplace(std::move(router), front_options(options, *pool, *blocking));
}

void Host::Parts::make_role() {
    role.emplace(
        *pool,
        *blocking,
        orchestration::OrchestrationEventSystem::Options{
            .mode = mode, .poll_interval = options.poll_interval
        },
        OrchestrationRole::Observers{
            .fed = [this](const auto& namespaces) { announce(namespaces); },
            .start = [this](const auto& request) -> std::optional<TaskReceipt> {
                const auto member = current();
                return member ? member->submit_and_start(request) : std::nullopt;
            },
            .ended =
                [this](const auto& tasks) {
                    if (hooks.finished) {
                        hooks.finished(tasks);
                    }
                },
            .finalizations_sent =
                [this] {
                    bell->ring(messaging::channels::orchestration, messaging::finalizations_queue);
                },
            .shut_down = [] { ::kill(::getpid(), SIGTERM); },
            .published = [this](auto published) { events->publish(std::move(published)); }
        }
    );
}

void Host::Parts::join_fleet() {
    auto member = std::make_shared<Membership>(
        Membership::Needs{
            .options = options,
            .conninfo = session_conninfo,
            .pool = *pool,
            .plugins = plugins->registry(),
            .blocking = *blocking,
            .bell = *bell,
            .breakers = breakers,
            .former = former,
            .mode = mode
        },
        Membership::Observers{
            .handler_started = hooks.handler_started,
            .settled = hooks.settled,
            .finished = hooks.finished,
            .retry_scheduled = [this](std::chrono::milliseconds delay) { retry_scheduled(delay); },
            .results_queued = [this] { results_queued(); },
            .lost = [] { ::kill(::getpid(), lost_signal); },
            .listening = [this] { return notifications->listening(); },
            .others_lost = [this] { tell_role(orchestration::HostLost{}); },
            .controls =
                {.events = [this] { return worker_events->statistics(); },
                 .event_health = [this] { return worker_events->health_check(); },
                 .set_mode = [this](DeploymentMode wanted) { return set_mode(wanted); },
                 .shut_down = [] { ::kill(::getpid(), SIGTERM); }},
            .published = [this](auto published) { return events->publish(std::move(published)); }
        }
    );
    if (worker_events) {
        worker_events->start(member->worker_commands());
    }
    replace_membership(member);
    member->record_plugins();
    if (role) {
        role->start(member->host_id());
    }
}

std::shared_ptr<messaging::Listener> Host::Parts::make_listener() {
    return std::make_shared<messaging::Listener>(
        session_conninfo,
        std::vector(messaging::channels::all.begin(), messaging::channels::all.end()),
        messaging::Listener::Observers{
            .connected =
                [this] { tell(orchestration::ListenerConnected{}, worker::ListenerConnected{}); },
            .heard =
                [this](const auto& heard) {
                    tell(orchestration::NotificationHeard{heard}, worker::NotificationHeard{heard});
                    events->heard(heard);
                },
            .lost = [this] { tell(orchestration::ListenerLost{}, worker::ListenerLost{}); },
            .breaker = &breakers.listener
        }
    );
}

/// Returns the one before.
DeploymentMode Host::Parts::set_mode(DeploymentMode wanted) {
    const std::scoped_lock lock(mode_mutex);
    const auto before = mode.exchange(wanted);
    // Before anything is heard: what arrives in a mode that hears nothing is dropped.
    if (role) {
        role->set_mode(wanted);
    }
    if (worker_events) {
        worker_events->set_deployment_mode(wanted);
    }
    notifications->set_mode(wanted);
    log::info(component, "mode " + std::string(to_string(wanted)));
    return before;
}

/// False when the database cannot be reached: to be tried again.
bool Host::Parts::rejoin() {
    if (const auto old = current()) {
        log::warning(component, "joining the fleet anew");
        if (worker_events) {
            worker_events->stop();
        }
        replace_membership(nullptr);
        if (auto worker = old->surrender()) {
            former.add(old->host_id(), std::move(worker));
        }
    }
    try {
        join_fleet();
    } catch (const std::exception& error) {
        log::warning(component, error.what());
        return false;
    }
    former.carry_on_as(current()->host_id());
    return true;
}

void Host::Parts::run(const std::function<void()>& hung_up) {
    while (true) {
        const int signal = await_host_signal(former.tidy() && current());
        if (signal == SIGTERM || signal == SIGINT) {
            stopping = true;
            log::info(component, signal == SIGTERM ? "stopping on SIGTERM" : "stopping on SIGINT");
            return;
        }
        if (signal == SIGHUP) {
            plugins->reload_soon();
            hung_up();
        }
        // Presence and pump may both have said it: the registration itself knows.
        if (const auto member = current(); !member || member->lost()) {
            rejoin();
        }
    }
}

Host::Stopped Host::Parts::stop() {
    if (stopped) {
        return *stopped;
    }
    stopping = true;
    std::stop_source impatience;
    const StopSignals signals([&] { impatience.request_stop(); });
    stopped.emplace();
    if (const auto member = current()) {
        const auto drained = member->drain(impatience.get_token());
        stopped = {.all_ended = drained.all_ended, .unsettled = drained.unsettled};
    }
    stopped->all_ended = former.stop() && stopped->all_ended;
    dismantle();
    return *stopped;
}

// Everything but the worker, which is at rest: in the reverse order of the start. Listening and
// HTTP end before what they call.
void Host::Parts::dismantle() {
    const auto end = [](auto& part) {
        if (part) {
            part->stop();
        }
    };
    end(plugins);
    end(worker_events);
    end(notifications);
    end(http);
    end(role);
    if (const auto member = current()) {
        member->leave();
    }
    membership.reset();
    http.reset();
    role.reset();
    events.reset();
    blocking.reset();
    bell.reset();
    if (stopped->all_ended) {
        plugins.reset();
        pool.reset();
    }
    end(server);
    server.reset();
}

Host::Host(HostOptions options, Hooks hooks)
    : parts_(std::make_unique<Parts>(std::move(options), std::move(hooks))) {}

Host::~Host() {
    stop();
}

void Host::start() {
    try {
        parts_->start();
    } catch (...) {
        parts_->stop();
        throw;
    }
}

const std::string& Host::conninfo() const {
    return parts_->conninfo;
}

int Host::postmaster_pid() const {
    return parts_->server ? parts_->server->postmaster_pid() : 0;
}

std::uint16_t Host::port() const {
    return parts_->http ? parts_->http->address().port : std::uint16_t{0};
}

worker::StepPump::Statistics Host::pump_statistics() const {
    const auto member = parts_->current();
    return member ? member->statistics().pump : worker::StepPump::Statistics{};
}

void Host::wake(const std::string& namespace_name) {
    if (const auto member = parts_->current()) {
        member->wake(namespace_name);
    }
}

void Host::set_mode(DeploymentMode mode) {
    parts_->set_mode(mode);
}

DeploymentMode Host::mode() const {
    return parts_->mode;
}

void Host::set_stop_limits(std::chrono::milliseconds soft, std::chrono::milliseconds hard) {
    parts_->options.stop_limit = soft;
    parts_->options.kill_limit = hard;
}

void Host::leave() {
    if (parts_->worker_events) {
        parts_->worker_events->stop();
    }
    if (const auto member = parts_->current()) {
        member->drain({});
        member->leave();
    }
}

void Host::run(const std::function<void()>& hung_up) {
    parts_->run(hung_up);
}

Host::Stopped Host::stop() {
    return parts_->stop();
}

}  // namespace tenon::app
