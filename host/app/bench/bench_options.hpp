#pragma once

#include "app/bench/bench_shape.hpp"
#include "app/bench/surroundings/backlog.hpp"
#include "app/host_options.hpp"
#include "database/repositories/bench/bench_repository.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace tenon::app {

/// How tasks are submitted, and how the host learns of them.
enum class Via : std::uint8_t {
    wake,        ///< By SQL, and the host of the benchmark's own is told within the process.
    sql,         ///< By SQL with a NOTIFY, as any other client does it.
    http,        ///< POST /v1/tasks for each, over several connections.
    http_batch,  ///< POST /v1/tasks:batch.
};

constexpr bool is_http(Via via) {
    return via == Via::http || via == Via::http_batch;
}

/// As on the command line.
constexpr std::string_view to_string(Via via) {
    switch (via) {
        case Via::wake: return "wake";
        case Via::sql: return "sql";
        case Via::http: return "http";
        case Via::http_batch: return "http-batch";
    }
    return "";
}

/// The inverse of `to_string`; nullopt for anything else.
constexpr std::optional<Via> parse_via(std::string_view text) {
    for (const auto via : {Via::wake, Via::sql, Via::http, Via::http_batch}) {
        if (text == to_string(via)) {
            return via;
        }
    }
    return std::nullopt;
}

/// What to measure.
struct BenchOptions {
    /// The embedded host that runs the tasks; with a `database_url`, a host elsewhere does.
    HostOptions host;
    /// Submitted in turn.
    std::vector<database::BenchRepository::Workload> workloads{
        {.namespace_name = "noop", .name = "chain", .version = {}, .context_json = "{}"}
    };
    std::optional<std::int32_t> tasks;    ///< Unset: so many that there is something to see.
    std::optional<std::int32_t> warm_up;  ///< Tasks before the measured ones; unset: a few.
    std::int32_t in_flight = 0;  ///< Closed loop; 0: submit everything first, then watch it drain.
    double rate = 0;  ///< Open loop: tasks per second, whatever becomes of them; 0: none.
    std::optional<std::chrono::milliseconds> duration;  ///< In place of a number of tasks.
    Via via = Via::wake;
    std::int32_t hosts = 1;          ///< Processes that work, this one included.
    bool hold_xmin = false;          ///< A transaction holds a snapshot for the whole run.
    Backlog backlog;                 ///< Measured with and without; empty: only without.
    std::chrono::seconds limit{60};  ///< For any task under way to end.
    std::int32_t runs = 1;           ///< Each with a database of its own; medians are reported.
    bool bare_sql = false;           ///< Then the same load without a host.
    std::vector<BenchShape> shapes;  ///< Made for the run, in place of `workloads`.
    std::int32_t payload = 0;        ///< Bytes of every result of them; 0: an empty object.
    std::filesystem::path plot;      ///< An SVG to write; empty: none.
    bool startup = false;            ///< How long hosts take to be ready, and nothing else.
    bool json = false;
};

}  // namespace tenon::app
