#pragma once

#include "database/repositories/bench/bench_repository.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tenon::app {

/// The steps of a workload settled over plain connections, without a host: what the database
/// allows for the product's own statements, where handlers, threads and queues cost nothing.
struct BareSqlLoad {
    std::string conninfo;
    std::vector<database::BenchRepository::Workload> workloads;  ///< Of one namespace, in turn.
    std::int32_t tasks = 0;
    std::int32_t batch = 1;        ///< Steps settled and claimed by one call.
    std::int32_t connections = 1;  ///< Each with a thread of its own.
    std::string result_json = "{}";
    std::chrono::seconds limit{300};
};

/// Submits the tasks, then settles all of their steps. Returns steps per second of the second part.
/// Nobody else may work on the queue. Throws Exception(deadline_exceeded).
double measure_bare_sql(const BareSqlLoad& load);

}  // namespace tenon::app
