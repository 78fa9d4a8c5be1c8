#pragma once

#include <csignal>

namespace tenon::app {

/// Tells the main thread, which waits for signals, that the host was declared lost.
inline constexpr int lost_signal = SIGUSR1;

/// Waits for SIGTERM, SIGINT, SIGHUP or `lost_signal` and returns it; unless the host is `calm`, at
/// most so long as it may go without a look at what a lost registration left behind: then −1.
int await_host_signal(bool calm);

/// Keeps the signals that a host waits for from every thread that is started later. [setup]
void block_host_signals();

}  // namespace tenon::app
