#pragma once

#include "app/commands/task_console.hpp"

#include <cstdint>
#include <string>

namespace tenon::app {

/// What `tenon events watch` was asked for.
struct EventWatchOptions {
    std::string url{};
    std::string pattern = "*";
    std::string namespace_name{};
    std::string after{};      ///< An id from which to go on.
    std::uint64_t count = 0;  ///< Ends after so many events; 0: never.
    bool json = false;
};

/// Prints events as they happen, a line each, until it is stopped. A connection that is lost is
/// made again, for as long as a minute, and goes on where it was.
ExitCode watch_events(const EventWatchOptions& options, const TaskConsole& console);

}  // namespace tenon::app
