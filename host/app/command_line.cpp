#include "app/command_line.hpp"

#include "app/bootstrap.hpp"
#include "app/commands/bench/bench_command.hpp"
#include "app/commands/configuration/config_commands.hpp"
#include "app/commands/db_command.hpp"
#include "app/commands/doctor/doctor.hpp"
#include "app/commands/events/event_commands.hpp"
#include "app/commands/help/help_commands.hpp"
#include "app/commands/help/help_text.hpp"
#include "app/commands/host_command.hpp"
#include "app/commands/keys/key_commands.hpp"
#include "app/commands/operations/operator_commands.hpp"
#include "app/commands/plugins/plugin_commands.hpp"
#include "app/commands/task_commands.hpp"
#include "app/commands/templates/template_commands.hpp"
#include "app/version.hpp"
#include "foundation/telemetry/log.hpp"
#include "foundation/telemetry/redaction.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace tenon::app {
namespace {

constexpr int usage_error = 2;
constexpr int failure = 5;

}  // namespace

void add_commands(CLI::App& root, std::vector<std::string> arguments, int& exit_code) {
    add_host_command(root, std::move(arguments), exit_code);
    add_task_commands(root, exit_code);
    add_dlq_commands(root, exit_code);
    add_template_commands(root, exit_code);
    add_event_commands(root, exit_code);
    add_config_commands(root, exit_code);
    add_db_commands(root, exit_code);
    add_doctor_command(root, exit_code);
    add_key_commands(root, exit_code);
    add_plugin_commands(root, exit_code);
    add_step_commands(root, exit_code);
    add_bench_command(root, exit_code);
    add_help_commands(root, exit_code);
    use_help_text(root);
}

int run_command_line(int argc, const char* const* argv) {
    block_host_signals();
    int exit_code = 0;
    CLI::App root{"tenon runs durable workflows natively"};
    root.name("tenon");
    root.set_version_flag("--version", "tenon " + std::string(version));
    root.require_subcommand(1);

    bool verbose = false;
    bool quiet = false;
    root.add_flag("--verbose", verbose, "log more");
    root.add_flag("--quiet", quiet, "log only warnings and errors");
    root.parse_complete_callback([&] {
        const auto threshold = verbose ? log::Level::debug : log::Level::info;
        log::start(quiet ? log::Level::warning : threshold);
    });
    add_commands(root, {argv, argv + argc}, exit_code);
    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return root.exit(error) == 0 ? 0 : usage_error;
    } catch (const std::exception& error) {
        log::flush();
        fmt::print(stderr, "tenon: {}\n", redact(error.what()));
        return failure;
    }
    log::flush();
    return exit_code;
}

}  // namespace tenon::app
