#include "app/readiness.hpp"

#include "database/repositories/template_repository.hpp"

namespace tenon::app {

asio::awaitable<HealthReport> check_database(
    database::ConnectionPool& pool,
    BlockingPool& blocking
) {
    auto look = [&pool] { database::TemplateRepository(pool).namespaces(); };
    co_await blocking.run(std::move(look));
    co_return HealthReport{.status = HealthStatus::healthy, .message = pool.endpoint()};
}

asio::awaitable<HealthReport> check_listener(DeploymentMode mode, bool listening) {
    if (uses_notifications(mode) && !listening) {
        co_return HealthReport{
            .status = HealthStatus::degraded, .message = "nothing is heard; polling instead"
        };
    }
    co_return HealthReport{
        .status = HealthStatus::healthy, .message = std::string(to_string(mode))
    };
}

asio::awaitable<HealthReport> check_running(bool stopping) {
    co_return HealthReport{
        .status = stopping ? HealthStatus::unhealthy : HealthStatus::healthy,
        .message = stopping ? "the host is stopping" : "running"
    };
}

asio::awaitable<HealthReport> check_worker(std::shared_ptr<worker::WorkerCommandProcessor> commands
) {
    if (!commands) {
        co_return HealthReport{
            .status = HealthStatus::degraded, .message = "the host joins the fleet anew"
        };
    }
    co_return commands->ask_now(worker::HealthCheck{});
}

}  // namespace tenon::app
