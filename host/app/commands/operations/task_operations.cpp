#include "app/commands/operations/task_operations.hpp"

#include "app/commands/operations/answer.hpp"
#include "app/commands/task_client.hpp"
#include "app/commands/task_submit.hpp"
#include "app/terminal/display_text.hpp"
#include "foundation/json_text.hpp"

#include <algorithm>
#include <string_view>

namespace tenon::app {

namespace {

/// A step's name or UUID as it may stand in a path.
std::string path_segment(const std::string& step) {
    const bool harmless = !step.empty() && std::ranges::all_of(step, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
    if (!harmless) {
        throw CommandFailure(
            ExitCode::usage,
            "'" + step + "' is not the name of a step, which has letters, digits, '_', '-' and '.'"
        );
    }
    return step;
}

std::string step_target(const TaskOperationOptions& options) {
    return "/v1/tasks/" + checked_uuid(options.task_uuid, "a task") + "/workflow_steps/" +
           path_segment(options.step);
}

/// The members that say why and who; those that were not given are left out.
std::string note(const TaskOperationOptions& options, std::string_view by_field) {
    std::string members;
    if (!options.reason.empty()) {
        members += R"("reason":)" + json_quote(options.reason);
    }
    if (!options.by.empty()) {
        members += (members.empty() ? "\"" : ",\"") + std::string(by_field) +
                   "\":" + json_quote(options.by);
    }
    return members;
}

std::string_view by_field_of(StepAction action) noexcept {
    switch (action) {
        case StepAction::reset_for_retry: return "reset_by";
        case StepAction::resolve_manually: return "resolved_by";
        case StepAction::complete_manually: return "completed_by";
    }
    return "by";
}

std::string_view outcome_of(StepAction action) noexcept {
    switch (action) {
        case StepAction::reset_for_retry: return "will run again";
        case StepAction::resolve_manually: return "is resolved";
        case StepAction::complete_manually: return "is complete";
    }
    return "is repaired";
}

std::string checked_result(const std::string& text) {
    const auto json = JsonSlice::parse(text);
    if (!json) {
        throw CommandFailure(
            ExitCode::usage, "the result is not valid JSON: " + json.error().detail
        );
    }
    return std::string(json->raw());
}

std::string repair_body(const TaskOperationOptions& options, std::istream& in) {
    auto body = R"({"action_type":")" + std::string(to_string(options.action)) + '"';
    if (const auto members = note(options, by_field_of(options.action)); !members.empty()) {
        body += "," + members;
    }
    if (options.action == StepAction::complete_manually) {
        body += R"(,"completion_data":{"result":)" +
                checked_result(read_input(options.result, in)) + "}";
    }
    return body + "}";
}

std::string via_text(const JsonSlice& change) {
    std::string passed;
    if (const auto via = change.find("via")) {
        for (const auto& state : via->elements()) {
            passed += (passed.empty() ? "" : ", ") + printable(state.string().value_or(""));
        }
    }
    return passed.empty() ? "" : " (via " + passed + ")";
}

/// The build that ran an attempt, or nothing.
std::string plugin_text(const JsonSlice& change) {
    const auto plugin = change.find("plugin");
    if (!plugin || plugin->kind() == JsonKind::null) {
        return {};
    }
    return text_of(*plugin, "id") + ' ' + text_of(*plugin, "version") + ' ' +
           text_of(*plugin, "sha256").substr(0, 12);
}

}  // namespace

ExitCode cancel_task(const TaskOperationOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto target = "/v1/tasks/" + checked_uuid(options.task_uuid, "a task");
        const auto answer =
            TaskClient(options.url).ask("DELETE", target, "{" + note(options, "by") + "}");
        const auto cancelled = parse_answer(answer);
        if (options.json) {
            console.out << cancelled.compact() << std::endl;
            return ExitCode::ok;
        }
        const auto running = text_of(cancelled, "running_steps");
        console.out << "cancelled task " << options.task_uuid;
        if (running != "0" && !running.empty()) {
            console.out << "; " << running << (running == "1" ? " handler" : " handlers")
                        << " still at work, asked to stop";
        }
        console.out << std::endl;
        return ExitCode::ok;
    });
}

ExitCode repair_step(const TaskOperationOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto target = step_target(options);
        auto body = repair_body(options, console.in);
        const auto answer = TaskClient(options.url).ask("PATCH", target, std::move(body));
        const auto repaired = parse_answer(answer);
        if (options.json) {
            console.out << repaired.compact() << std::endl;
            return ExitCode::ok;
        }
        console.out << "step '" << options.step << "' " << outcome_of(options.action)
                    << "; its task is " << text_of(repaired, "task_status")
                    << "\nwatch it with: tenon task watch " << options.task_uuid << std::endl;
        return ExitCode::ok;
    });
}

ExitCode audit_step(const TaskOperationOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto answer = TaskClient(options.url).ask("GET", step_target(options) + "/audit");
        const auto changes = parse_answer(answer);
        if (options.json) {
            console.out << changes.compact() << std::endl;
            return ExitCode::ok;
        }
        std::vector<std::vector<std::string>> rows{
            {"at (UTC)", "attempt", "host", "plugin", "change"}
        };
        for (const auto& change : changes.elements()) {
            const auto reason = text_of(change, "reason");
            rows.push_back(
                {time_of(change, "at"),
                 text_of(change, "attempt"),
                 text_of(change, "host_id"),
                 plugin_text(change),
                 text_of(change, "from_state") + " -> " + text_of(change, "to_state") +
                     via_text(change) + (reason.empty() ? "" : ": " + reason)}
            );
        }
        for (const auto& line : draw_table(rows, console.traits().table_columns())) {
            console.out << line << '\n';
        }
        console.out << std::flush;
        return ExitCode::ok;
    });
}

}  // namespace tenon::app
