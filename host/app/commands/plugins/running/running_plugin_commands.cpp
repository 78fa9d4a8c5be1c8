#include "app/commands/plugins/running/running_plugin_commands.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/plugins/running/running_plugins.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

namespace tenon::app {
namespace {

using Options = std::shared_ptr<RunningPluginOptions>;
using Operation = ExitCode (*)(const RunningPluginOptions&, const TaskConsole&);

CLI::App* add_operation(
    CLI::App& parent,
    std::pair<std::string, std::string> name_and_purpose,
    const Options& options,
    Operation operation,
    int& exit_code
) {
    auto* command = parent.add_subcommand(
        std::move(name_and_purpose.first), std::move(name_and_purpose.second)
    );
    command->add_flag("--json", options->json, "print the host's answer as JSON");
    add_url(*command, options->url);
    command->callback([options, operation, &exit_code] {
        run_on_console(operation, *options, exit_code);
    });
    return command;
}

}  // namespace

void add_running_plugin_commands(CLI::App& plugin, int& exit_code) {
    auto options = std::make_shared<RunningPluginOptions>();
    add_operation(
        plugin,
        {"list", "list the plugins of a host, or the builds of one"},
        options,
        list_plugins,
        exit_code
    )
        ->add_option("id", options->plugin_id, "one plugin [all]");
    add_operation(
        plugin, {"reload", "let a host load new builds now"}, options, reload_plugins, exit_code
    )
        ->add_option("file", options->file, "one file of its plugin folder [all]");
    add_operation(
        plugin, {"rollback", "go back to the build before"}, options, roll_plugin_back, exit_code
    )
        ->add_option("id", options->plugin_id, "the plugin")
        ->required();
    add_operation(
        plugin,
        {"promote", "let a build that crashed run in the host's process again"},
        options,
        promote_build,
        exit_code
    )
        ->add_option("sha256", options->sha256, "the build's SHA-256, as list has it")
        ->required();
    auto* quarantine = add_operation(
        plugin,
        {"quarantine", "forbid a host a build, or list those that are"},
        options,
        quarantine_build,
        exit_code
    );
    quarantine->add_option("sha256", options->sha256, "the build's SHA-256 [list all]");
    quarantine->add_option("--reason", options->reason, "why; kept with it");
    quarantine->add_flag("--release", options->release, "allow it again");
}

}  // namespace tenon::app
