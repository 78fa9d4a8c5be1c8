#pragma once

#include "foundation/runtime/circuit_breaker.hpp"

#include <vector>

namespace tenon::app {

/// The circuit breakers of a host, one for each way to the database. That of the pool refuses calls
/// that would need a new connection while none can be made; the others have pauses of their own
/// between two tries and only tell how it goes, so that none of them delays a recovery.
struct Breakers {
    CircuitBreaker pool{
        "database_pool",
        {.failures_to_open = 3, .open_time = std::chrono::milliseconds(200)}
    };
    CircuitBreaker step_path{"step_path"};
    CircuitBreaker presence{"presence"};
    CircuitBreaker listener{"listener"};
    CircuitBreaker bell{"bell"};

    std::vector<CircuitBreaker::Status> statuses() const {
        return {
            pool.status(),
            step_path.status(),
            presence.status(),
            listener.status(),
            bell.status(),
        };
    }
};

}  // namespace tenon::app
