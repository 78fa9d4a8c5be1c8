#pragma once

#include <sys/types.h>

namespace tenon::plugin_host {

/// The whole of a runner process, started by the host `host`: confines itself, loads the build that
/// it is told to, and runs calls until the host hangs up. Returns the exit code.
int run_runner(pid_t host);

}  // namespace tenon::plugin_host
