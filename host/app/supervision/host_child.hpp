#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace tenon::app {

/// How a supervised process ended.
struct ChildEnding {
    bool by_signal = false;
    int code = 0;  ///< The exit code, or the signal.

    /// What a process that ends like it ends with.
    int exit_code() const noexcept { return by_signal ? 128 + code : code; }
};

/// Starts this very program again with `arguments` (the first is its name), in a process group of
/// its own, so that a terminal's Ctrl-C reaches it once, through its parent. It is killed when this
/// thread ends, whichever way. `unblocked`: signals that only the parent keeps to itself. Throws
/// Exception(unavailable) when there is no more room for a process.
pid_t start_again(std::vector<std::string> arguments, const std::vector<int>& unblocked);

}  // namespace tenon::app
