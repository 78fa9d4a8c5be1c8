#pragma once

#include <chrono>
#include <filesystem>
#include <sys/types.h>
#include <vector>

namespace tenon::database {

/// True while `process` exists and is not a zombie.
bool is_running(pid_t process);

/// The PostgreSQL processes whose working directory is `directory`: a server and all its backends
/// work in their data directory, so this finds what an earlier host left running there.
std::vector<pid_t> servers_in(const std::filesystem::path& directory);

/// Stops the server that an earlier host, killed without warning, may have left in `cluster`:
/// fast shutdown, after `limit` immediate shutdown; then clears a stale postmaster.pid, which
/// PostgreSQL itself cannot judge when the old server is a zombie or its number was reused.
///
/// Requires the lock on the data directory. Returns the id of the server it stopped, 0 for none.
/// Throws `unavailable` when something still works there after both.
pid_t stop_orphans(const std::filesystem::path& cluster, std::chrono::milliseconds limit);

}  // namespace tenon::database
