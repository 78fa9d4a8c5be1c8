#pragma once

#include "app/host_options.hpp"
#include "database/repositories/bench_repository.hpp"

#include <chrono>
#include <cstdint>

namespace tenon::app {

/// What to measure.
struct BenchOptions {
    /// The embedded host that runs the tasks; with a `database_url`, a host elsewhere does.
    HostOptions host;
    database::BenchRepository::Workload workload{
        .namespace_name = "noop",
        .name = "chain",
        .version = {},
        .context_json = "{}"
    };
    std::int32_t tasks = 10000;
    std::int32_t in_flight = 0;  ///< Closed loop; 0: submit everything first, then watch it drain.
    std::int32_t warm_up = 200;  ///< Tasks before the measured ones.
    std::chrono::seconds limit{300};
    bool json = false;
};

}  // namespace tenon::app
