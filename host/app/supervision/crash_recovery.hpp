#pragma once

#include "app/host_options.hpp"
#include "plugin_host/crash/crash_file.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tenon::app {

/// Where hosts keep their crash files: below the directory of the plugins' state.
std::filesystem::path crash_directory(const HostOptions& options);

/// Which database's steps this host runs, as crash files have it.
std::uint64_t crash_home(const HostOptions& options);

/// What hosts that crashed left behind here, and what is to be done about it before the next one
/// runs. [setup]
class CrashRecovery {
public:
    /// Finds the records and says what they tell.
    explicit CrashRecovery(const HostOptions& options);

private:
    std::vector<plugin_host::CrashLeft> left_;
};

}  // namespace tenon::app
