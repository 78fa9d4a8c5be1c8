#pragma once

#include "foundation/http/router.hpp"
#include "foundation/runtime/circuit_breaker.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

enum class HealthStatus : std::uint8_t { healthy, degraded, unhealthy };

std::string_view to_string(HealthStatus status) noexcept;

/// What one check found.
struct HealthReport {
    HealthStatus status = HealthStatus::healthy;
    std::string message{};
};

/// A named question about the process, asked on each request for readiness. An exception means
/// unhealthy; so does no answer within a second.
struct HealthCheck {
    std::string name;  ///< E.g. "database".
    std::function<asio::awaitable<HealthReport>()> check;
};

/// The circuit breakers of the process, as they are now. [any-thread]
using BreakerStatuses = std::function<std::vector<CircuitBreaker::Status>()>;

/// Adds `/health` and `/health/live`, which answer as long as the process does, and
/// `/health/ready`: 200 while no check is unhealthy, otherwise 503, both with every check as
/// `{status,message,duration_ms,last_checked}`. `/health/detailed` answers 200 whatever it says,
/// with all of that and the circuit breakers, an open one of which is a degradation.
void add_health_routes(
    Router& router,
    std::vector<HealthCheck> checks,
    BreakerStatuses breakers = {}
);

}  // namespace tenon
