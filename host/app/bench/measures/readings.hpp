#pragma once

#include "app/bench/measures/process_usage.hpp"
#include "app/bench/report/bench_report.hpp"
#include "database/repositories/bench/bench_repository.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace tenon::app {

/// What processes used so far.
struct UsageReading {
    std::optional<std::chrono::microseconds> server_cpu;
    std::chrono::microseconds own_cpu{};
    FamilyUsage family;
    std::optional<std::uint64_t> allocations;
};

/// What the database knows of the work so far, and workers of their calls.
struct WorkReading {
    database::BenchRepository::Counters counters;
    std::optional<std::int64_t> calls;
    std::optional<std::int64_t> fleet_cpu_us;
};

/// `backend`: any process of the server.
UsageReading read_usage(int backend);

/// `calls`: of the host in this process, where it is the only one; else what all hosts last said.
WorkReading read_work(
    database::BenchRepository& database,
    const std::function<std::int64_t()>& calls
);

/// Both, before the load and after it.
struct CostReadings {
    UsageReading usage_before;
    UsageReading usage_after;
    WorkReading work_before;
    WorkReading work_after;
    std::int64_t driver_cpu_us = 0;  ///< Spent by the load's own threads in between.
    bool own_host = false;           ///< Else all hosts run elsewhere.
    bool one_host = false;           ///< The one of this process.
};

/// Sets everything of the report that is per step, and the memory.
void set_costs(BenchReport& report, const CostReadings& readings);

}  // namespace tenon::app
