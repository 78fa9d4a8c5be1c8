#include "app/bootstrap.hpp"

#include "app/http_front.hpp"
#include "app/membership.hpp"
#include "app/orchestration_role.hpp"
#include "app/plugin_folder.hpp"
#include "database/embedded_server.hpp"
#include "database/migrator.hpp"
#include "database/repositories/template_repository.hpp"
#include "foundation/http/health_routes.hpp"
#include "foundation/http/router.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/channels.hpp"
#include "messaging/listener.hpp"
#include "orchestration/services/template_registration_service.hpp"

#include <csignal>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <thread>
#include <unistd.h>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "host";
constexpr std::size_t pool_connections = 6;
constexpr std::size_t blocking_threads = 4;
constexpr std::uint16_t orchestration_port = 8080;
constexpr std::uint16_t worker_port = 8081;

// Tells the main thread, which waits for signals, that the host was declared lost.
constexpr int lost_signal = SIGUSR1;

sigset_t signal_set(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) {
        sigaddset(&set, signal);
    }
    return set;
}

asio::awaitable<HealthReport> check_database(
    database::ConnectionPool& pool,
    BlockingPool& blocking
) {
    auto look = [&pool] { database::TemplateRepository(pool).namespaces(); };
    co_await blocking.run(std::move(look));
    co_return HealthReport{.status = HealthStatus::healthy, .message = pool.endpoint()};
}

}  // namespace

struct Host::Parts {
    Parts(HostOptions host_options, Hooks host_hooks)
        : options(std::move(host_options)), hooks(std::move(host_hooks)) {}

    void start();
    void start_database();
    void start_plugins();
    void open_http();
    void register_templates();
    void start_listening();
    void join_fleet();
    void rejoin();
    void run();
    bool stop();

    std::shared_ptr<Membership> current() const {
        const std::scoped_lock lock(membership_mutex);
        return membership;
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
            role->retry_scheduled(delay);
        } else {
            bell->ring(messaging::channels::due, "");
        }
    }

    void heard(const database::Notification& notification) {
        if (notification.channel == messaging::channels::due) {
            if (role) {
                role->retry_scheduled(std::chrono::milliseconds(0));
            }
        } else if (const auto member = current()) {
            member->wake(notification.payload);
        }
    }

    const HostOptions options;
    const Hooks hooks;
    std::string conninfo;
    std::optional<database::EmbeddedServer> server;
    std::optional<database::ConnectionPool> pool;
    std::optional<plugin_host::PluginRegistry> plugins;
    std::optional<messaging::Bell> bell;

    std::optional<BlockingPool> blocking;
    std::optional<OrchestrationRole> role;
    std::optional<HttpFront> http;

    mutable std::mutex
        membership_mutex;  // Guards the pointer, which is replaced after a lost lease.
    std::shared_ptr<Membership> membership;
    std::optional<messaging::Listener> listener;
};

void Host::Parts::start() {
    // Plugins first: a folder with a bad one refuses the start before anything is made.
    if (options.worker) {
        start_plugins();
    }
    start_database();
    bell.emplace(*pool);
    blocking.emplace(blocking_threads);
    if (options.orchestration) {
        role.emplace(*pool, *blocking, [this](const auto& namespaces) { announce(namespaces); });
    }
    open_http();
    register_templates();
    http->start();
    join_fleet();
    start_listening();
}

void Host::Parts::start_database() {
    const auto say = [](std::string_view sentence) { log::info("database", sentence); };
    conninfo = options.database_url;
    if (conninfo.empty()) {
        server.emplace(
            database::EmbeddedServer::Options{.data_directory = options.data_directory, .log = say}
        );
        server->start();
        conninfo = server->conninfo();
    }
    database::Migrator({.conninfo = conninfo, .log = say}).migrate();
    pool.emplace(database::ConnectionPool::Options{
        .conninfo = conninfo, .size = pool_connections, .application_name = "tenon pool"
    });
}

void Host::Parts::start_plugins() {
    plugins.emplace(
        plugin_host::PluginRegistry::Options{.snapshot_directory = private_plugin_directory()}
    );
    if (!options.plugins.empty()) {
        load_plugins(*plugins, options.plugins);
    }
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
    if (role) {
        role->add_routes(router);
    }
    add_health_routes(router, {{"database", [this] { return check_database(*pool, *blocking); }}});
    const ListenAddress usual{
        .host = "127.0.0.1", .port = options.orchestration ? orchestration_port : worker_port
    };
    http.emplace(std::move(router), options.listen.value_or(usual));
}

void Host::Parts::join_fleet() {
    if (!plugins) {
        plugins.emplace(
            plugin_host::PluginRegistry::Options{.snapshot_directory = private_plugin_directory()}
        );
    }
    auto member = std::make_shared<Membership>(
        Membership::Needs{
            .options = options,
            .conninfo = conninfo,
            .pool = *pool,
            .plugins = *plugins,
            .bell = *bell
        },
        Membership::Observers{
            .handler_started = hooks.handler_started,
            .finished = hooks.finished,
            .retry_scheduled = [this](std::chrono::milliseconds delay) { retry_scheduled(delay); },
            .lost = [] { ::kill(::getpid(), lost_signal); }
        }
    );
    const std::scoped_lock lock(membership_mutex);
    membership = std::move(member);
}

void Host::Parts::start_listening() {
    // The queues are looked at after every connect, whatever was announced meanwhile.
    listener.emplace(
        conninfo,
        std::vector{messaging::channels::work, messaging::channels::due},
        messaging::Listener::Observers{
            .connected =
                [this] {
                    for (const auto& name : database::TemplateRepository(*pool).namespaces()) {
                        heard({.channel = std::string(messaging::channels::work), .payload = name});
                    }
                    heard({.channel = std::string(messaging::channels::due), .payload = {}});
                },
            .heard = [this](const auto& notification) { heard(notification); }
        }
    );
}

void Host::Parts::rejoin() {
    log::warning(component, "joining the fleet anew");
    {
        const auto old = current();
        const std::scoped_lock lock(membership_mutex);
        membership.reset();
    }
    join_fleet();

    // Presence and pump may both have noticed; once is enough.
    const auto lost = signal_set({lost_signal});
    const timespec now{};
    while (::sigtimedwait(&lost, nullptr, &now) == lost_signal) {
    }
}

void Host::Parts::run() {
    const auto signals = signal_set({SIGTERM, SIGINT, lost_signal});
    while (true) {
        const int signal = ::sigwaitinfo(&signals, nullptr);
        if (signal == lost_signal) {
            rejoin();
        } else if (signal > 0) {
            log::info(component, signal == SIGTERM ? "stopping on SIGTERM" : "stopping on SIGINT");
            return;
        }
    }
}

bool Host::Parts::stop() {
    bool all_ended = true;
    listener.reset();
    if (role) {
        role->stop();
    }
    if (http) {
        http->stop();
    }
    if (const auto member = current()) {
        all_ended = member->stop(options.stop_limit);
    }
    membership.reset();
    http.reset();
    role.reset();
    blocking.reset();
    bell.reset();
    if (all_ended) {
        plugins.reset();
        pool.reset();
    }
    if (server) {
        server->stop();
        server.reset();
    }
    return all_ended;
}

void block_host_signals() {
    const auto signals = signal_set({SIGTERM, SIGINT, lost_signal});
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
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
    return member ? member->statistics() : worker::StepPump::Statistics{};
}

void Host::wake(const std::string& namespace_name) {
    if (const auto member = parts_->current()) {
        member->wake(namespace_name);
    }
}

void Host::leave() {
    if (const auto member = parts_->current()) {
        member->stop(parts_->options.stop_limit);
    }
}

void Host::run() {
    parts_->run();
}

bool Host::stop() {
    return parts_->stop();
}

}  // namespace tenon::app
