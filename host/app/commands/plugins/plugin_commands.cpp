#include "app/commands/plugins/plugin_commands.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/plugins/plugin_inspect.hpp"
#include "app/commands/plugins/plugin_validate.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace tenon::app {
namespace {

void add_inspect(CLI::App& plugin, int& exit_code) {
    auto options = std::make_shared<InspectOptions>();
    auto* command = plugin.add_subcommand("inspect", "show what a file is, running none of it");
    command->add_option("file", options->file, "the plugin's .so")->required();
    command->add_flag("--json", options->json, "print JSON");
    command->callback([options, &exit_code] {
        run_on_console(inspect_plugin_file, *options, exit_code);
    });
}

void add_validate(CLI::App& plugin, int& exit_code) {
    auto options = std::make_shared<ValidateOptions>();
    auto* command = plugin.add_subcommand("validate", "try a plugin out, in processes of its own");
    command->add_option("file", options->file, "the plugin's .so")->required();
    command->add_option("--input", options->input, "a file with a good input, a JSON object [{}]");
    command->add_option("--only", options->only, "checks or rule ids, comma separated [all]")
        ->delimiter(',');
    command->add_option("--seed", options->seed, "of the arbitrary inputs [one of its own]");
    command->add_option("--junit", options->junit, "write a report in this format to a file");
    command->add_option("--limit", options->limit_seconds, "seconds for each check")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    command->add_flag("--strict", options->strict, "let warnings fail it too");
    command->add_flag("--json", options->json, "print JSON");
    command->callback([options, &exit_code] {
        run_on_console(validate_plugin, *options, exit_code);
    });
}

}  // namespace

void add_plugin_commands(CLI::App& root, int& exit_code) {
    auto* plugin = root.add_subcommand("plugin", "inspect handler plugins, and check them");
    plugin->require_subcommand(1);
    add_inspect(*plugin, exit_code);
    add_validate(*plugin, exit_code);
}

}  // namespace tenon::app
