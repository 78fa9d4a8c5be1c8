#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace tenon::app {

/// CPU time of a PostgreSQL server so far: its postmaster, all its processes and those that ended.
/// nullopt when `any_backend` (a process of it, or the postmaster itself) runs on another machine.
std::optional<std::chrono::microseconds> server_cpu_time(pid_t any_backend);

/// This process and those that it started, but for the embedded server.
struct FamilyUsage {
    std::chrono::microseconds other_hosts_cpu{};
    std::chrono::microseconds runners_cpu{};  ///< Of plugins, as far as they still run.
    std::int64_t rss_kib = 0;                 ///< Of this process and the other hosts together.
    std::int64_t peak_rss_kib = 0;            ///< The same, each at its own peak.
};

FamilyUsage family_usage();

}  // namespace tenon::app
