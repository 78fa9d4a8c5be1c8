#include "app/commands/operations/dead_letter_operations.hpp"

#include "app/commands/operations/answer.hpp"
#include "app/commands/operations/task_advice.hpp"
#include "app/commands/task_client.hpp"
#include "app/terminal/display_text.hpp"
#include "app/terminal/task_picture.hpp"
#include "foundation/json_text.hpp"

#include <array>
#include <chrono>
#include <initializer_list>
#include <utility>

namespace tenon::app {

namespace {

/// A JSON object of the texts that were given.
std::string object_of(std::initializer_list<std::pair<std::string_view, const std::string*>> members
) {
    std::string text;
    for (const auto& [name, value] : members) {
        if (!value->empty()) {
            text += (text.empty() ? "\"" : ",\"") + std::string(name) + "\":" + json_quote(*value);
        }
    }
    return "{" + text + "}";
}

ExitCode print_lines(const TaskConsole& console, const std::vector<std::string>& lines) {
    for (const auto& line : lines) {
        console.out << line << '\n';
    }
    console.out << std::flush;
    return ExitCode::ok;
}

ExitCode print_json(const TaskConsole& console, const JsonSlice& answer) {
    console.out << answer.compact() << std::endl;
    return ExitCode::ok;
}

std::string list_target(const DeadLetterOptions& options) {
    if (!options.uuid.empty()) {
        return "/v1/dlq/task/" + checked_uuid(options.uuid, "a task");
    }
    auto target = "/v1/dlq?limit=" + std::to_string(options.limit);
    if (options.status != "all") {
        target += "&status=" + options.status;
    }
    if (!options.cursor.empty()) {
        target += "&cursor=" + options.cursor;
    }
    return target;
}

std::string template_of(const JsonSlice& entry) {
    return text_of(entry, "namespace") + "/" + text_of(entry, "name") + "@" +
           text_of(entry, "version");
}

/// Two lines for each entry: what it is, and what became of its task.
std::vector<std::string> list_lines(const JsonSlice& answer, std::size_t columns) {
    std::vector<std::string> lines;
    const auto entries = answer.find("entries");
    for (const auto& entry : entries ? entries->elements() : std::vector<JsonSlice>()) {
        lines.push_back(shorten(
            text_of(entry, "dlq_entry_uuid") + "  " + text_of(entry, "dlq_reason") + "  " +
                text_of(entry, "resolution_status"),
            columns,
            "..."
        ));
        lines.push_back(shorten(
            "  " + time_of(entry, "dlq_at") + "  " + template_of(entry) + "  " +
                text_of(entry, "task_state"),
            columns,
            "..."
        ));
        lines.push_back("  task " + text_of(entry, "task_uuid"));
    }
    if (lines.empty()) {
        lines.emplace_back("no dead letters");
    }
    if (const auto next = text_of(answer, "next"); !next.empty()) {
        lines.push_back("older ones: --cursor " + next);
    }
    return lines;
}

std::vector<std::string> entry_lines(const JsonSlice& entry, std::size_t columns) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> fields{{
        {"entry", "dlq_entry_uuid"},
        {"task", "task_uuid"},
        {"reason", "dlq_reason"},
        {"state then", "original_state"},
        {"state now", "task_state"},
        {"status", "resolution_status"},
        {"resolved by", "resolved_by"},
        {"notes", "notes"},
    }};
    std::vector<std::vector<std::string>> rows{
        {"template", template_of(entry)}, {"since (UTC)", time_of(entry, "dlq_at")}
    };
    for (const auto& [label, name] : fields) {
        if (auto text = text_of(entry, name); !text.empty()) {
            rows.push_back({std::string(label), std::move(text)});
        }
    }
    return draw_table(rows, columns);
}

/// The task as it was when it became a dead letter, and what to do about it now.
std::vector<std::string> snapshot_lines(const JsonSlice& entry, const TerminalTraits& traits) {
    const auto snapshot = entry.find("task_snapshot");
    auto task = snapshot ? parse_task_view(snapshot->raw()) : Result<TaskView>(Error{});
    if (!task) {
        return {};
    }
    std::vector<std::string> lines{""};
    const auto now = std::chrono::system_clock::now();
    for (auto& line : draw_task(*task, {.traits = traits, .now = now})) {
        lines.push_back(std::move(line));
    }
    task->status = text_of(entry, "task_state");
    for (auto& line : advice_for(*task)) {
        lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<std::string> count_lines(const JsonSlice& answer, std::string_view name) {
    std::vector<std::vector<std::string>> rows;
    const auto counts = answer.find(name);
    for (const auto& [label, count] :
         counts ? counts->members() : std::vector<JsonSlice::Member>()) {
        rows.push_back({"  " + printable(label), count.compact()});
    }
    return draw_table(rows, 80);
}

}  // namespace

ExitCode list_dead_letters(const DeadLetterOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto text = TaskClient(options.url).ask("GET", list_target(options));
        const auto answer = parse_answer(text);
        return options.json
                   ? print_json(console, answer)
                   : print_lines(console, list_lines(answer, console.traits().table_columns()));
    });
}

ExitCode show_dead_letter(const DeadLetterOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto target = "/v1/dlq/entry/" + checked_uuid(options.uuid, "a dead letter");
        const auto text = TaskClient(options.url).ask("GET", target);
        const auto entry = parse_answer(text);
        if (options.json) {
            return print_json(console, entry);
        }
        print_lines(console, entry_lines(entry, console.traits().table_columns()));
        return print_lines(console, snapshot_lines(entry, console.traits()));
    });
}

ExitCode add_dead_letter(const DeadLetterOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto target = "/v1/dlq/task/" + checked_uuid(options.uuid, "a task");
        const auto text =
            TaskClient(options.url)
                .ask("POST", target, object_of({{"notes", &options.notes}, {"by", &options.by}}));
        const auto answer = parse_answer(text);
        if (options.json) {
            return print_json(console, answer);
        }
        return print_lines(console, {"added dead letter " + text_of(answer, "dlq_entry_uuid")});
    });
}

ExitCode update_dead_letter(const DeadLetterOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto target = "/v1/dlq/entry/" + checked_uuid(options.uuid, "a dead letter");
        const auto body = object_of(
            {{"resolution_status", &options.status},
             {"resolution_notes", &options.notes},
             {"resolved_by", &options.by}}
        );
        const auto text = TaskClient(options.url).ask("PATCH", target, body);
        const auto entry = parse_answer(text);
        if (options.json) {
            return print_json(console, entry);
        }
        return print_lines(
            console,
            {"dead letter " + options.uuid + " is " + text_of(entry, "resolution_status") +
             "; its task is " + text_of(entry, "task_state")}
        );
    });
}

ExitCode redrive_task(const DeadLetterOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto target = "/v1/dlq/task/" + checked_uuid(options.uuid, "a task") + "/redrive";
        const auto text =
            TaskClient(options.url)
                .ask("POST", target, object_of({{"reason", &options.notes}, {"by", &options.by}}));
        const auto answer = parse_answer(text);
        if (options.json) {
            return print_json(console, answer);
        }
        const auto steps = text_of(answer, "steps_reset");
        return print_lines(
            console,
            {"reset " + steps + (steps == "1" ? " step" : " steps") + " of task " + options.uuid,
             "watch it with: tenon task watch " + options.uuid}
        );
    });
}

ExitCode count_dead_letters(const DeadLetterOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto text = TaskClient(options.url).ask("GET", "/v1/dlq/stats");
        const auto answer = parse_answer(text);
        if (options.json) {
            return print_json(console, answer);
        }
        const auto oldest = time_of(answer, "oldest_pending_at");
        print_lines(
            console,
            {text_of(answer, "pending") + " of " + text_of(answer, "total") +
             " dead letters are pending" + (oldest.empty() ? "" : ", the oldest since " + oldest)}
        );
        print_lines(console, {"pending by reason:"});
        print_lines(console, count_lines(answer, "by_reason"));
        print_lines(console, {"all by status:"});
        return print_lines(console, count_lines(answer, "by_status"));
    });
}

}  // namespace tenon::app
