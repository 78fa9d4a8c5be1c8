#include "app/bench/measures/readings.hpp"

#include "app/bench/measures/allocations.hpp"
#include "app/fleet/process_usage.hpp"

namespace tenon::app {

UsageReading read_usage(int backend) {
    return {
        .server_cpu = server_cpu_time(backend),
        .own_cpu = process_cpu_time(),
        .family = family_usage(),
        .allocations = allocations_so_far()
    };
}

WorkReading read_work(
    database::BenchRepository& database,
    const std::function<std::int64_t()>& calls
) {
    WorkReading reading{.counters = database.counters(), .calls = {}, .fleet_cpu_us = {}};
    if (calls) {
        reading.calls = calls();
    } else if (const auto fleet = database.fleet(); fleet.workers > 0) {
        reading.calls = fleet.calls;
        reading.fleet_cpu_us = fleet.cpu_us;
    }
    return reading;
}

void set_costs(BenchReport& report, const CostReadings& readings) {
    const auto steps = static_cast<double>(report.steps);
    const auto per_step = [steps](auto amount) { return static_cast<double>(amount) / steps; };
    const auto& work = readings.work_before;
    const auto& worked = readings.work_after;
    const auto& usage = readings.usage_before;
    const auto& used = readings.usage_after;
    report.commits_per_step = per_step(worked.counters.commits - work.counters.commits);
    report.flushes_per_step = per_step(worked.counters.wal_flushes - work.counters.wal_flushes);
    report.wal_bytes_per_step = per_step(worked.counters.wal_bytes - work.counters.wal_bytes);
    if (work.calls && worked.calls) {
        report.round_trips_per_step = per_step(*worked.calls - *work.calls);
    }
    if (usage.server_cpu && used.server_cpu) {
        report.pg_cpu_us_per_step = per_step((*used.server_cpu - *usage.server_cpu).count());
    }
    if (!readings.own_host) {
        if (work.fleet_cpu_us && worked.fleet_cpu_us) {
            report.host_cpu_us_per_step = per_step(*worked.fleet_cpu_us - *work.fleet_cpu_us);
        }
        return;
    }
    report.peak_rss_kib = static_cast<double>(used.family.peak_rss_kib);
    const auto host_cpu =
        used.own_cpu - usage.own_cpu + used.family.other_hosts_cpu - usage.family.other_hosts_cpu;
    report.host_cpu_us_per_step = per_step(host_cpu.count() - readings.driver_cpu_us);
    const auto runners_cpu = used.family.runners_cpu - usage.family.runners_cpu;
    if (used.family.runners_cpu.count() > 0) {
        report.runner_cpu_us_per_step = per_step(runners_cpu.count());
    }
    if (readings.one_host && usage.allocations && used.allocations) {
        report.allocations_per_step = per_step(*used.allocations - *usage.allocations);
    }
}

}  // namespace tenon::app
