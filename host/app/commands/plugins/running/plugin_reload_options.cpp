#include "app/commands/plugins/running/plugin_reload_options.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>

namespace tenon::app {

void add_reload_options(CLI::App& command, PluginReload& reload) {
    command
        .add_option(
            "--plugin-state",
            reload.state_directory,
            "where copies of plugins and the quarantine are kept [$XDG_RUNTIME_DIR, else /tmp]"
        )
        ->envname("TENON_PLUGIN_STATE");
    command
        .add_option(
            "--plugin-max-pinned",
            reload.most_pinned,
            "old images of a plugin that cannot leave the memory, before reloads are refused"
        )
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    command
        .add_option(
            "--plugin-probation-faults",
            reload.probation.faults,
            "so many faults in more than half of its first calls roll a new build back"
        )
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command
        .add_option_function<int>(
            "--plugin-probation-seconds",
            [&reload](int value) { reload.probation.time = std::chrono::seconds(value); },
            "how long a new build is on probation; 0: not at all"
        )
        ->check(CLI::Range(0, 86400))
        ->default_str("60");
    command
        .add_option_function<int>(
            "--plugin-drain-ms",
            [&reload](int value) {
                reload.drain_limit =
                    value == 0 ? std::nullopt : std::optional(std::chrono::milliseconds(value));
            },
            "how long calls may go on with a build that was replaced, before they are asked to "
            "stop; 0: without limit"
        )
        ->check(CLI::Range(0, 86400000))
        ->default_str("60000");
}

}  // namespace tenon::app
