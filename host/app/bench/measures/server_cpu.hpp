#pragma once

#include <chrono>
#include <optional>
#include <sys/types.h>

namespace tenon::app {

/// CPU time of a PostgreSQL server so far: its postmaster, all its processes and those that ended.
/// nullopt when `any_backend` (a process of it, or the postmaster itself) runs on another machine.
std::optional<std::chrono::microseconds> server_cpu_time(pid_t any_backend);

}  // namespace tenon::app
