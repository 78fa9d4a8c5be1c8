#include "app/commands/task_commands.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/graph/graph_operations.hpp"
#include "app/commands/lists/list_operations.hpp"
#include "app/commands/operations/operator_commands.hpp"
#include "app/commands/task_get.hpp"
#include "app/commands/task_submit.hpp"
#include "app/commands/task_watch.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace tenon::app {

namespace {

void add_submit(CLI::App& task, int& exit_code) {
    auto options = std::make_shared<TaskSubmitOptions>();
    auto* command = task.add_subcommand("submit", "submit a task of a registered template");
    command->add_option("template", options->target, "NAMESPACE/NAME[@VERSION]")->required();
    command->add_option("--input,-i", options->input, "a JSON object, @FILE, or - for stdin");
    command->add_option("--priority,-p", options->priority, "higher runs first")
        ->check(CLI::Range(-100, 100));
    command->add_option("--tag,-t", options->tags, "a tag; may be repeated")
        ->allow_extra_args(false);
    command->add_option("--reason", options->reason, "why it is submitted");
    command->add_option("--initiator", options->initiator, "who submits it")->envname("USER");
    command->add_option(
        "--idempotency-key", options->idempotency_key, "the same key again means the same task"
    );
    command->add_flag("--wait,-w", options->wait, "show it until it settled");
    command->add_flag("--json", options->json, "print the host's answer as JSON");
    add_url(*command, options->url);
    command->callback([options, &exit_code] { run_on_console(submit_task, *options, exit_code); });
}

void add_get(CLI::App& task, int& exit_code) {
    auto options = std::make_shared<TaskGetOptions>();
    auto* command = task.add_subcommand("get", "show a task and its steps");
    command->add_option("uuid", options->task_uuid, "the task's UUID")->required();
    command->add_flag("--json", options->json, "print the whole document as JSON");
    add_url(*command, options->url);
    command->callback([options, &exit_code] { run_on_console(get_task, *options, exit_code); });
}

void add_watch(CLI::App& task, int& exit_code) {
    auto options = std::make_shared<TaskWatchOptions>();
    auto* command = task.add_subcommand("watch", "show a task until it settled");
    command->add_option("uuid", options->task_uuid, "the task's UUID")->required();
    command->add_flag("--json", options->json, "print a JSON object for each change");
    add_url(*command, options->url);
    command->callback([options, &exit_code] { run_on_console(watch_task, *options, exit_code); });
}

}  // namespace

void add_task_commands(CLI::App& root, int& exit_code) {
    auto* task = root.add_subcommand("task", "submit tasks, look at them, put them right");
    task->require_subcommand(1);
    add_submit(*task, exit_code);
    add_get(*task, exit_code);
    add_watch(*task, exit_code);
    add_task_list(*task, exit_code);
    add_task_graph(*task, exit_code);
    add_task_operations(*task, exit_code);
}

}  // namespace tenon::app
