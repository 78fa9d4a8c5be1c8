#pragma once

#include "foundation/http/router.hpp"

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

/// Adds `/health` and `/health/live`, which answer as long as the process does, and
/// `/health/ready`: 200 while no check is unhealthy, otherwise 503, both with every check as
/// `{status,message,duration_ms,last_checked}`.
void add_health_routes(Router& router, std::vector<HealthCheck> checks);

}  // namespace tenon
