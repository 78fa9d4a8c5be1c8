#pragma once

namespace tenon::plugin_host {

/// The descriptors that a runner begins with, besides 0 (nothing), 1 and 2 (pipes to the log).
enum class RunnerDescriptor : int {
    socket = 3,  ///< Frames, in both directions.
    cancel = 4,  ///< An eventfd that is readable while the running call should stop.
    page = 5,    ///< The SharedPage, to be mapped.
    log = 6,     ///< A pipe for lines of log outside of calls: a digit for the level, the message.
};

}  // namespace tenon::plugin_host
