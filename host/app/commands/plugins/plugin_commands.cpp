#include "app/commands/plugins/plugin_commands.hpp"

#include "app/commands/configuration/configuration_options.hpp"
#include "app/commands/console_command.hpp"
#include "app/commands/plugins/plugin_check.hpp"
#include "app/commands/plugins/plugin_dev.hpp"
#include "app/commands/plugins/plugin_inspect.hpp"
#include "app/commands/plugins/plugin_new.hpp"
#include "app/commands/plugins/plugin_validate.hpp"
#include "app/commands/plugins/running/running_plugin_commands.hpp"
#include "app/commands/steps/step_run.hpp"
#include "app/configuration/host_settings.hpp"

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

void add_new(CLI::App& plugin, int& exit_code) {
    auto options = std::make_shared<NewOptions>();
    auto* command = plugin.add_subcommand("new", "begin a plugin: a project that builds as it is");
    command->add_option("name", options->name, "of the plugin and its namespace")->required();
    command->add_option("--lang", options->language, "cpp, c or rust")
        ->check(CLI::IsMember({"cpp", "c", "rust"}))
        ->capture_default_str();
    command->add_option("--dir", options->directory, "where it goes [its name]");
    command->callback([options, &exit_code] { run_on_console(new_plugin, *options, exit_code); });
}

void add_dev(CLI::App& plugin, int& exit_code) {
    auto options = std::make_shared<DevOptions>();
    auto* command =
        plugin.add_subcommand("dev", "build a project and run it in a host, again at every save");
    command->add_option("dir", options->directory, "the plugin's project")->capture_default_str();
    command->add_option("--build", options->build, "how it is built [make, or cmake in build/]");
    command->add_option("--output", options->output, "where that leaves the .so [., or build]");
    command
        ->add_option("--database-url", options->database_url, "PostgreSQL to use [a private one]")
        ->envname("TENON_DATABASE_URL");
    command->add_option("--listen", options->listen, "where HTTP listens [127.0.0.1:8080]");
    command->add_option("--isolation", options->isolation, "in_process or process")
        ->check(CLI::IsMember({"in_process", "process"}));
    command->callback([options, &exit_code] { run_on_console(develop_plugin, *options, exit_code); }
    );
}

std::vector<KeyId> admission_keys() {
    return {
        key("plugin.allow_list"),
        key("plugin.keys"),
        key("plugin.owners"),
        key("plugin.max_mib"),
        key("plugin.map")
    };
}

void add_check(CLI::App& plugin, int& exit_code) {
    auto options = std::make_shared<CheckOptions>();
    auto* command =
        plugin.add_subcommand("check", "hold a folder of plugins against one of templates");
    command->add_option("--plugins", options->plugins, "folder of plugins (*.so)")
        ->required()
        ->envname("TENON_PLUGINS");
    command->add_option("--templates", options->templates, "folder of templates (*.yaml)")
        ->required()
        ->envname("TENON_TEMPLATES");
    auto configuration = std::make_shared<CommandConfiguration>();
    add_key_options(*command, admission_keys(), configuration->sources);
    command->add_flag("--json", options->json, "print JSON");
    command->parse_complete_callback([options, configuration] {
        load(*configuration);
        apply(configuration->loaded.configuration, options->admission);
    });
    command->callback([options, &exit_code] { run_on_console(check_plugins, *options, exit_code); }
    );
}

}  // namespace

void add_plugin_commands(CLI::App& root, int& exit_code) {
    auto* plugin = root.add_subcommand("plugin", "inspect handler plugins, and check them");
    plugin->require_subcommand(1);
    add_new(*plugin, exit_code);
    add_dev(*plugin, exit_code);
    add_inspect(*plugin, exit_code);
    add_validate(*plugin, exit_code);
    add_running_plugin_commands(*plugin, exit_code);
    add_check(*plugin, exit_code);
}

void add_step_commands(CLI::App& root, int& exit_code) {
    auto options = std::make_shared<StepRunOptions>();
    auto* step = root.add_subcommand("step", "run the handlers of steps");
    step->require_subcommand(1);
    auto* command = step->add_subcommand("run", "run one handler without a database");
    command->add_option("file", options->file, "the plugin's .so")->required();
    command->add_option("callable", options->callable, "which of its handlers")->required();
    command->add_option(
        "--input", options->input, "a file with the task's context, - is stdin [{}]"
    );
    command->add_option(
        "--init", options->initialization, "the handler's part of the template [{}]"
    );
    command->add_option("--method", options->method, "the entry to call")->capture_default_str();
    command->add_option("--dependency", options->dependencies, "NAME=JSON, NAME=@FILE: a result")
        ->take_all();
    command->add_option("--checkpoint", options->checkpoint, "JSON or @FILE: go on from here");
    command->add_option("--attempt", options->attempt, "which attempt this is")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command->add_option("--limit", options->limit_seconds, "seconds before it is killed")
        ->check(CLI::Range(1, 86400))
        ->capture_default_str();
    command
        ->add_option("--cancel-after", options->cancel_after_ms, "ask it to stop after this (ms)")
        ->check(CLI::Range(1, 86400000));
    command->add_flag("--in-process", options->in_process, "for debuggers: a crash is this tool's");
    command->add_flag("--json", options->json, "print one JSON object a line");
    command->add_flag(
        "--watch", options->watch, "run again whenever a source or the input changes"
    );
    command->add_option("--build", options->build, "with --watch: the command that builds it");
    command->add_option("--source", options->source, "with --watch: the folder to look at [.]");
    command->callback([options, &exit_code] { run_on_console(run_step, *options, exit_code); });
}

}  // namespace tenon::app
