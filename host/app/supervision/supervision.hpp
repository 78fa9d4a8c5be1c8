#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace tenon::app {

struct HostOptions;

/// Whether and how a supervisor looks after this host.
struct Supervision {
    bool wanted = true;
    int most_crashes = 10;                     ///< In a row; one more, and it gives up.
    std::chrono::milliseconds healthy{30000};  ///< A host that lives so long begins a new row.
    std::optional<int> poison_after;           ///< Crashes; unset: as the database has it.
    std::string crash_name;                    ///< Of the supervised: the name of its crash file.
    std::string database_url;                  ///< Of the supervised: the supervisor's server.

    /// True in the process that the supervisor started.
    bool supervised() const noexcept { return !crash_name.empty(); }
};

/// Adds to `tenon host` what its supervisor tells the process that it starts; not for people.
void add_supervised_options(CLI::App& command, const std::shared_ptr<HostOptions>& options);

}  // namespace tenon::app
