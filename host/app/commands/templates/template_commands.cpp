#include "app/commands/templates/template_commands.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/graph/graph_operations.hpp"
#include "app/commands/templates/template_operations.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

namespace tenon::app {

namespace {

using Options = std::shared_ptr<TemplateOptions>;
using Operation = ExitCode (*)(const TemplateOptions&, const TaskConsole&);

CLI::App* add_operation(
    CLI::App& parent,
    std::string name,
    std::string purpose,
    const Options& options
) {
    auto* command = parent.add_subcommand(std::move(name), std::move(purpose));
    command->add_flag("--json", options->json, "print JSON");
    return command;
}

void add_files(CLI::App& command, const Options& options) {
    command.add_option("files", options->files, "YAML files, or folders of them")->required();
}

void run(CLI::App& command, const Options& options, Operation operation, int& exit_code) {
    command.callback([options, operation, &exit_code] {
        run_on_console(operation, *options, exit_code);
    });
}

}  // namespace

void add_template_commands(CLI::App& root, int& exit_code) {
    auto* parent = root.add_subcommand("template", "look after task templates");
    parent->require_subcommand(1);

    auto options = std::make_shared<TemplateOptions>();
    auto* command = add_operation(*parent, "check", "say what is wrong with files", options);
    add_files(*command, options);
    run(*command, options, check_templates, exit_code);

    options = std::make_shared<TemplateOptions>();
    command = add_operation(*parent, "register", "make template versions known", options);
    add_files(*command, options);
    add_url(*command, options->url);
    run(*command, options, register_templates, exit_code);

    options = std::make_shared<TemplateOptions>();
    command = add_operation(*parent, "list", "list the registered templates", options);
    command->add_option("--namespace", options->namespace_name, "only those of this namespace");
    add_url(*command, options->url);
    run(*command, options, list_templates, exit_code);

    options = std::make_shared<TemplateOptions>();
    command = add_operation(*parent, "show", "show a template with its steps", options);
    command->add_option("template", options->reference, "namespace/name, or namespace/name@1.0.0")
        ->required();
    add_url(*command, options->url);
    run(*command, options, show_template, exit_code);
    add_template_graph(*parent, exit_code);
}

}  // namespace tenon::app
