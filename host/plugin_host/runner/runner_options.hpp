#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace tenon::plugin_host {

/// How the runners of a host are made and kept.
struct RunnerOptions {
    std::filesystem::path program;  ///< Empty: `tenon-plugin-runner` beside this executable.
    std::uint64_t memory_bytes = std::uint64_t{4096} * 1024 * 1024;  ///< Of address space; 0: any.
    std::chrono::milliseconds start_limit{10000};                    ///< To load a build and begin.
    /// For a handler to end after it was asked to, before its runner is killed.
    std::chrono::milliseconds grace{5000};
    /// The same when the host stops, which itself does not wait for ever.
    std::chrono::milliseconds stop_grace{4000};
    std::chrono::milliseconds idle_limit{30000};  ///< After that a runner that is not needed ends.
    /// A runner that holds more memory than this after a call is replaced.
    std::uint64_t recycle_bytes = std::uint64_t{1024} * 1024 * 1024;
};

}  // namespace tenon::plugin_host
