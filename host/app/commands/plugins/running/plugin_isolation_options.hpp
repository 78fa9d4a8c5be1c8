#pragma once

#include "plugin_host/isolation.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace tenon::app {

/// In which process the handlers of a host's plugins run.
struct PluginIsolation {
    plugin_host::Isolation usual = plugin_host::Isolation::in_process;
    std::map<std::string, plugin_host::Isolation, std::less<>> by_plugin = {};  ///< By id.
    std::uint64_t runner_memory_mib = 4096;  ///< Address space of one runner; 0: no limit.
};

}  // namespace tenon::app
