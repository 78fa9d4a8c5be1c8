#pragma once

#include "app/commands/task_client.hpp"
#include "app/commands/task_console.hpp"

#include <cstdint>
#include <string>

namespace tenon::app {

/// What `tenon task watch` was asked for.
struct TaskWatchOptions {
    std::string url{};
    std::string task_uuid;
    bool json = false;
};

/// What to print while a task goes on.
enum class WatchForm : std::uint8_t {
    picture,   ///< A picture on a terminal, otherwise a line for each change.
    changes,   ///< A JSON object for each change, and one at the end.
    document,  ///< Nothing until the end, and then the document.
};

/// Shows a task until it settled; `task_failed` unless it ended well.
ExitCode watch_task(const TaskWatchOptions& options, const TaskConsole& console);

/// As `watch_task`, over a client that is there already. Outages of the host are waited out, for as
/// long as a minute each. Throws CommandFailure.
ExitCode follow_task(
    TaskClient& client,
    const std::string& task_uuid,
    WatchForm form,
    const TaskConsole& console
);

}  // namespace tenon::app
