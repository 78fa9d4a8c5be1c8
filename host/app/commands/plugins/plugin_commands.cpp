#include "app/commands/plugins/plugin_commands.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/plugins/plugin_inspect.hpp"

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

}  // namespace

void add_plugin_commands(CLI::App& root, int& exit_code) {
    auto* plugin = root.add_subcommand("plugin", "inspect handler plugins, and check them");
    plugin->require_subcommand(1);
    add_inspect(*plugin, exit_code);
}

}  // namespace tenon::app
