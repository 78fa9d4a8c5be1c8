#pragma once

#include <csignal>

namespace tenon::app {

/// Tells the main thread, which waits for signals, that the host was declared lost.
inline constexpr int lost_signal = SIGUSR1;

/// SIGTERM, SIGINT and `lost_signal`.
sigset_t host_signals();

/// Keeps the signals that a host waits for from every thread that is started later. [setup]
void block_host_signals();

}  // namespace tenon::app
