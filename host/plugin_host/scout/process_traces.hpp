#pragma once

#include "plugin_host/inspection/plugin_rule.hpp"

#include <array>
#include <csignal>
#include <map>
#include <set>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace tenon::plugin_host {

/// What a plugin could leave behind in its process. [setup]
class ProcessTraces {
public:
    /// As it is now.
    static ProcessTraces take();

    /// What `after` has that was not there before.
    std::vector<Finding> left_behind(const ProcessTraces& after) const;

private:
    std::set<std::string> threads_;
    std::map<std::string, std::string> descriptors_;  // Number and what it leads to.
    std::array<struct sigaction, NSIG> handlers_{};
    sigset_t mask_{};
    std::vector<std::string> environment_;
    std::string directory_;
    std::string locale_;
    mode_t umask_ = 0;
    int rounding_ = 0;
    std::array<rlimit, RLIM_NLIMITS> limits_{};
};

/// Bytes that this process holds in memory.
std::size_t resident_bytes();

/// Whether a file of this path is mapped by the loader.
bool is_loaded(const std::string& path);

}  // namespace tenon::plugin_host
