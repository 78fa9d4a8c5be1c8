#include "app/commands/configuration/config_commands.hpp"

#include "app/commands/configuration/config_operations.hpp"
#include "app/commands/configuration/configuration_options.hpp"
#include "app/commands/console_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace tenon::app {
namespace {

using Options = std::shared_ptr<ConfigOptions>;
using Operation = ExitCode (*)(const ConfigOptions&, const TaskConsole&);

CLI::App* add_operation(
    CLI::App& parent,
    const char* name,
    const char* purpose,
    Operation operation,
    int& exit_code
) {
    auto* command = parent.add_subcommand(name, purpose);
    auto options = std::make_shared<ConfigOptions>();
    command->callback([options, operation, &exit_code] {
        run_on_console(operation, *options, exit_code);
    });
    if (operation == print_reference) {
        return command;
    }
    add_source_options(*command, options->sources);
    command->add_flag("--json", options->json, "print JSON");
    if (operation == explain_key || operation == show_configuration) {
        command->add_option("key", options->key, "a key, its option or its variable [all keys]");
    }
    if (operation == show_configuration) {
        command->add_flag("--changed", options->changed, "only what is not its default");
    }
    if (operation == show_configuration || operation == check_configuration) {
        add_key_options(*command, all_keys(), options->sources);
    }
    return command;
}

}  // namespace

void add_config_commands(CLI::App& root, int& exit_code) {
    auto* parent = root.add_subcommand("config", "look into the configuration of hosts");
    parent->require_subcommand(1);
    const auto add = [&](const char* name, const char* purpose, Operation operation) {
        add_operation(*parent, name, purpose, operation, exit_code);
    };
    add("check", "say everything that is wrong with it, and how to right it", check_configuration);
    add("show", "show what holds for each key, and where it comes from", show_configuration);
    add("explain", "say what a key means and how it is given", explain_key);
    add("reference", "print the documentation of all keys as Markdown", print_reference);
}

}  // namespace tenon::app
