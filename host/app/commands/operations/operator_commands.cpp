#include "app/commands/operations/operator_commands.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/operations/dead_letter_operations.hpp"
#include "app/commands/operations/task_operations.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::app {

namespace {

constexpr std::string_view statuses = "pending, manually_resolved,\npermanently_failed, cancelled";

/// One of a few words, without the list of them in the help: it would not fit into 80 columns.
CLI::Validator one_of(std::vector<std::string> words) {
    CLI::Validator member = CLI::IsMember(std::move(words));
    member.description("");
    return member;
}

/// What most subcommands have in common: the answer's form and the host.
void add_ending(CLI::App& command, bool& json, std::string& url) {
    command.add_flag("--json", json, "print the host's answer as JSON");
    add_url(command, url);
}

void add_who(CLI::App& command, std::string& by) {
    command.add_option("--by", by, "who does it; kept in the audit trail")->envname("USER");
}

void add_cancel(CLI::App& task, int& exit_code) {
    auto options = std::make_shared<TaskOperationOptions>();
    auto* command = task.add_subcommand("cancel", "end a task early");
    command->add_option("uuid", options->task_uuid, "the task's UUID")->required();
    command->add_option("--reason", options->reason, "why; kept in the audit trail");
    add_who(*command, options->by);
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] { run_on_console(cancel_task, *options, exit_code); });
}

CLI::App* add_step_operation(
    CLI::App& task,
    std::string name,
    std::string purpose,
    const std::shared_ptr<TaskOperationOptions>& options
) {
    auto* command = task.add_subcommand(std::move(name), std::move(purpose));
    command->add_option("uuid", options->task_uuid, "the task's UUID")->required();
    command->add_option("step", options->step, "the step's name or UUID")->required();
    return command;
}

void add_repair(
    CLI::App& task,
    std::string name,
    std::string purpose,
    StepAction action,
    int& exit_code
) {
    auto options = std::make_shared<TaskOperationOptions>();
    options->action = action;
    auto* command = add_step_operation(task, std::move(name), std::move(purpose), options);
    if (action == StepAction::complete_manually) {
        command->add_option("--result", options->result, "any JSON, @FILE, or - for stdin")
            ->required();
    }
    command->add_option("--reason", options->reason, "why; kept in the audit trail")->required();
    add_who(*command, options->by);
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] { run_on_console(repair_step, *options, exit_code); });
}

void add_audit(CLI::App& task, int& exit_code) {
    auto options = std::make_shared<TaskOperationOptions>();
    auto* command =
        add_step_operation(task, "audit", "list every change of a step's state", options);
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] { run_on_console(audit_step, *options, exit_code); });
}

void add_dlq_list(CLI::App& dlq, int& exit_code) {
    auto options = std::make_shared<DeadLetterOptions>();
    auto* command = dlq.add_subcommand("list", "list dead letters, the newest first");
    command->add_option("--status", options->status, std::string(statuses) + ",\nor all")
        ->check(one_of({"pending", "manually_resolved", "permanently_failed", "cancelled", "all"}))
        ->type_name("TEXT")
        ->capture_default_str();
    command->add_option("--task", options->uuid, "only those of this task, whatever the status");
    command->add_option("--limit", options->limit, "at most so many, 1 to 500")
        ->check(CLI::Range(1, 500))
        ->type_name("INT")
        ->capture_default_str();
    command->add_option("--cursor", options->cursor, "where an earlier list ended");
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] {
        run_on_console(list_dead_letters, *options, exit_code);
    });
}

void add_dlq_show(CLI::App& dlq, int& exit_code) {
    auto options = std::make_shared<DeadLetterOptions>();
    auto* command = dlq.add_subcommand("show", "show a dead letter with its task's snapshot");
    command->add_option("entry", options->uuid, "the entry's UUID")->required();
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] {
        run_on_console(show_dead_letter, *options, exit_code);
    });
}

void add_dlq_add(CLI::App& dlq, int& exit_code) {
    auto options = std::make_shared<DeadLetterOptions>();
    auto* command = dlq.add_subcommand("add", "note that a task needs attention");
    command->add_option("task", options->uuid, "the task's UUID")->required();
    command->add_option("--notes", options->notes, "what is wrong with it");
    add_who(*command, options->by);
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] {
        run_on_console(add_dead_letter, *options, exit_code);
    });
}

void add_dlq_update(CLI::App& dlq, int& exit_code) {
    auto options = std::make_shared<DeadLetterOptions>();
    auto* command = dlq.add_subcommand("update", "note what came of a dead letter");
    command->add_option("entry", options->uuid, "the entry's UUID")->required();
    command->add_option("--status", options->status, std::string(statuses))
        ->check(one_of({"pending", "manually_resolved", "permanently_failed", "cancelled"}))
        ->required();
    command->add_option("--notes", options->notes, "what was found or done");
    add_who(*command, options->by);
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] {
        run_on_console(update_dead_letter, *options, exit_code);
    });
}

void add_dlq_redrive(CLI::App& dlq, int& exit_code) {
    auto options = std::make_shared<DeadLetterOptions>();
    auto* command = dlq.add_subcommand("redrive", "let a task that ended in error go on");
    command->add_option("task", options->uuid, "the task's UUID")->required();
    command->add_option("--reason", options->notes, "why; kept in the audit trail");
    add_who(*command, options->by);
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] { run_on_console(redrive_task, *options, exit_code); });
}

void add_dlq_stats(CLI::App& dlq, int& exit_code) {
    auto options = std::make_shared<DeadLetterOptions>();
    auto* command = dlq.add_subcommand("stats", "count dead letters by status and reason");
    add_ending(*command, options->json, options->url);
    command->callback([options, &exit_code] {
        run_on_console(count_dead_letters, *options, exit_code);
    });
}

}  // namespace

void add_task_operations(CLI::App& task, int& exit_code) {
    using enum StepAction;
    add_cancel(task, exit_code);
    add_repair(task, "reset-step", "let a failed step run again", reset_for_retry, exit_code);
    add_repair(task, "resolve-step", "settle a step by hand", resolve_manually, exit_code);
    add_repair(
        task, "complete-step", "give a step its result by hand", complete_manually, exit_code
    );
    add_audit(task, exit_code);
}

void add_dlq_commands(CLI::App& root, int& exit_code) {
    auto* dlq = root.add_subcommand("dlq", "look into tasks that need attention");
    dlq->require_subcommand(1);
    add_dlq_list(*dlq, exit_code);
    add_dlq_show(*dlq, exit_code);
    add_dlq_add(*dlq, exit_code);
    add_dlq_update(*dlq, exit_code);
    add_dlq_redrive(*dlq, exit_code);
    add_dlq_stats(*dlq, exit_code);
}

}  // namespace tenon::app
