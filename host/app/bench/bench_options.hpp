#pragma once

#include "app/bench/bench_shape.hpp"
#include "app/host_options.hpp"
#include "database/repositories/bench_repository.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

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
    double rate = 0;  ///< Open loop: tasks per second, whatever becomes of them; 0: none.
    std::int32_t warm_up = 200;  ///< Tasks before the measured ones.
    std::chrono::seconds limit{300};
    std::int32_t runs = 1;            ///< Each with a database of its own; medians are reported.
    bool bare_sql = false;            ///< Then the same load without a host.
    std::optional<BenchShape> shape;  ///< Made for the run, in place of `workload`.
    std::int32_t payload = 0;         ///< Bytes of every result of it; 0: an empty object.
    std::filesystem::path plot;       ///< An SVG to write; empty: none.
    bool json = false;
};

}  // namespace tenon::app
