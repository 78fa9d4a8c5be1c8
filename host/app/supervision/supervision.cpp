#include "app/supervision/supervision.hpp"

#include "app/host_options.hpp"

#include <CLI/CLI.hpp>

namespace tenon::app {

void add_supervision_options(CLI::App& command, const std::shared_ptr<HostOptions>& options) {
    auto& supervision = options->supervision;
    command
        .add_flag_callback(
            "--no-supervisor",
            [options] { options->supervision.wanted = false; },
            "run in this very process: a crash ends it, and something else starts it again"
        )
        ->envname("TENON_NO_SUPERVISOR");
    command
        .add_option(
            "--restarts",
            supervision.most_crashes,
            "crashes in a row after which the supervisor starts the host again"
        )
        ->check(CLI::Range(0, 1000000))
        ->capture_default_str();
    command
        .add_option_function<int>(
            "--healthy-ms",
            [options](int value) {
                options->supervision.healthy = std::chrono::milliseconds(value);
            },
            "a host that lived so long begins a new row of crashes"
        )
        ->check(CLI::Range(1, 86400000))
        ->default_str("30000");
    command
        .add_option(
            "--poison-after",
            supervision.poison_after,
            "crashes after which a step is not tried again, by any host of the database [2]"
        )
        ->check(CLI::Range(1, 1000));
    // What the supervisor tells the process that it starts.
    command.add_option("--supervised", supervision.crash_name)->group("");
    command.add_option("--supervised-database", supervision.database_url)->group("");
}

}  // namespace tenon::app
