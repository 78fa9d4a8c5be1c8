#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace tenon::plugin_host {

/// Ties this process to its host: it is killed when the thread that started it ends. False when
/// that has happened already. [setup]
bool tie_to_host(pid_t host);

/// Takes from this process, for good, what no handler needs and an intruder would like: new
/// privileges, other processes, other programs, other users, the kernel. Before any code of a
/// plugin runs. `memory_bytes` is the address space that it may use; 0: any. Returns what this
/// system could not do, or nothing. [setup]
std::string confine_process(std::uint64_t memory_bytes);

}  // namespace tenon::plugin_host
