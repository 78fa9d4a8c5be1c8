#pragma once

#include "database/connection_pool.hpp"
#include "domain/deployment_mode.hpp"
#include "foundation/http/health_routes.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "worker/commands/command_processor.hpp"

#include <memory>

namespace tenon::app {

/// Healthy while the pool reaches the database; throws otherwise.
asio::awaitable<HealthReport> check_database(
    database::ConnectionPool& pool,
    BlockingPool& blocking
);

/// Degraded while a host hears nothing although its mode listens.
asio::awaitable<HealthReport> check_listener(DeploymentMode mode, bool listening);

/// Unhealthy once the host is to stop, so that nobody sends it more.
asio::awaitable<HealthReport> check_running(bool stopping);

/// As the worker says; degraded while there is none, because its host joins the fleet anew.
asio::awaitable<HealthReport> check_worker(std::shared_ptr<worker::WorkerCommandProcessor> commands
);

}  // namespace tenon::app
