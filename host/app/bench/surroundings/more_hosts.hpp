#pragma once

#include "app/host_options.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tenon::app {

/// Further hosts on the database of a benchmark, each a worker in a process of its own. They end
/// with this object, and with this process. Make it on the main thread. [setup]
class MoreHosts {
public:
    /// Starts `count` of them and waits until they are at work. They get what `options` say of
    /// plugins, isolation, dispatch and namespaces. Throws Exception(unavailable) when one ends.
    MoreHosts(const HostOptions& options, const std::string& conninfo, std::int32_t count);
    ~MoreHosts();
    MoreHosts(const MoreHosts&) = delete;
    MoreHosts& operator=(const MoreHosts&) = delete;

    /// The command line of such a host.
    static std::vector<std::string> arguments(
        const HostOptions& options,
        const std::string& conninfo,
        const std::string& name
    );

private:
    void await_work(const std::string& conninfo) const;
    void stop() noexcept;

    std::vector<pid_t> hosts_;
};

}  // namespace tenon::app
