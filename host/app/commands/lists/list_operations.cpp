#include "app/commands/lists/list_operations.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/operations/answer.hpp"
#include "app/commands/task_client.hpp"
#include "database/repositories/operations/inspection_repository.hpp"
#include "foundation/json_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::app {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// A text as it may stand in the query of a URL.
std::string query_text(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        result +=
            plain ? std::string(1, c)
                  : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return result;
}

std::string task_target(const TaskListOptions& options) {
    auto target = fmt::format("/v1/tasks?limit={}", options.limit);
    const auto add = [&](std::string_view name, const std::string& value) {
        target += value.empty() ? "" : fmt::format("&{}={}", name, query_text(value));
    };
    add("namespace", options.namespace_name);
    add("name", options.name);
    add("status", options.status);
    add("initiator", options.initiator);
    add("source_system", options.source_system);
    add("tag", options.tag);
    add("cursor", options.cursor);
    return target;
}

std::vector<JsonSlice> elements_of(const JsonSlice& object, std::string_view name) {
    const auto list = object.find(name);
    return list ? list->elements() : std::vector<JsonSlice>();
}

std::string joined(const JsonSlice& object, std::string_view name) {
    std::vector<std::string> texts;
    for (const auto& text : elements_of(object, name)) {
        texts.push_back(text.string().value_or(""));
    }
    return fmt::format("{}", fmt::join(texts, ","));
}

ExitCode print_table(const TaskConsole& console, const Rows& rows, std::string_view nothing) {
    if (rows.size() == 1) {
        console.out << nothing << std::endl;
        return ExitCode::ok;
    }
    for (const auto& line : draw_table(rows, console.traits().table_columns())) {
        console.out << line << '\n';
    }
    console.out << std::flush;
    return ExitCode::ok;
}

const std::vector<std::string>
    host_heading{"host", "name", "state", "roles", "version", "beat (UTC)", "holds"};

ExitCode list_hosts_of_fleet(const HostListOptions& options, const TaskConsole& console) {
    const auto target =
        options.state == "all" ? std::string("/v1/hosts") : "/v1/hosts?state=" + options.state;
    const auto text = TaskClient(options.url).ask("GET", target);
    const auto answer = parse_answer(text);
    if (options.json) {
        console.out << answer.compact() << std::endl;
        return ExitCode::ok;
    }
    Rows rows{host_heading};
    for (const auto& host : elements_of(answer, "hosts")) {
        rows.push_back(
            {text_of(host, "host_id"),
             text_of(host, "name"),
             text_of(host, "state"),
             joined(host, "roles"),
             text_of(host, "version"),
             time_of(host, "beat_at"),
             text_of(host, "held_steps")}
        );
    }
    return print_table(console, rows, "no hosts");
}

std::string host_json(const database::InspectionRepository::FleetHost& host) {
    return fmt::format(
        R"({{"host_id":{},"name":{},"state":{},"roles":{},"version":{},"beat_seconds_ago":{},)"
        R"("lease_overdue_seconds":{},"held_steps":{}}})",
        host.host_id,
        json_quote(host.name),
        json_quote(host.state),
        json_quote(host.roles),
        json_quote(host.version),
        host.beat.count(),
        host.overdue.count(),
        host.held
    );
}

ExitCode list_hosts_of_database(const HostListOptions& options, const TaskConsole& console) {
    auto hosts = database::InspectionRepository(options.database_url).hosts();
    std::erase_if(hosts, [&](const auto& host) {
        return options.state != "all" && host.state != options.state;
    });
    if (options.json) {
        std::vector<std::string> objects;
        std::ranges::transform(hosts, std::back_inserter(objects), host_json);
        console.out << fmt::format(R"({{"hosts":[{}]}})", fmt::join(objects, ",")) << std::endl;
        return ExitCode::ok;
    }
    Rows rows{host_heading};
    rows.front()[5] = "beat";
    for (const auto& host : hosts) {
        rows.push_back(
            {std::to_string(host.host_id),
             host.name,
             host.state,
             host.roles,
             host.version,
             fmt::format("{} s ago", host.beat.count()),
             std::to_string(host.held)}
        );
    }
    return print_table(console, rows, "no hosts");
}

}  // namespace

ExitCode list_tasks(const TaskListOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto text = TaskClient(options.url).ask("GET", task_target(options));
        const auto answer = parse_answer(text);
        if (options.json) {
            console.out << answer.compact() << std::endl;
            return ExitCode::ok;
        }
        Rows rows{{"task", "status", "created (UTC)", "template", "tags"}};
        for (const auto& task : elements_of(answer, "tasks")) {
            rows.push_back(
                {text_of(task, "task_uuid"),
                 text_of(task, "status"),
                 time_of(task, "created_at"),
                 text_of(task, "namespace") + "/" + text_of(task, "name") + "@" +
                     text_of(task, "version"),
                 joined(task, "tags")}
            );
        }
        print_table(console, rows, "no tasks");
        if (const auto next = text_of(answer, "next"); !next.empty()) {
            console.out << "older ones: --cursor " << next << std::endl;
        }
        return ExitCode::ok;
    });
}

ExitCode list_hosts(const HostListOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        return options.database_url.empty() ? list_hosts_of_fleet(options, console)
                                            : list_hosts_of_database(options, console);
    });
}

void add_task_list(CLI::App& task, int& exit_code) {
    auto options = std::make_shared<TaskListOptions>();
    auto* command = task.add_subcommand("list", "list tasks, the newest first");
    command->add_option("--namespace", options->namespace_name, "only those of this namespace");
    command->add_option("--name", options->name, "only those of templates of this name");
    command->add_option("--status", options->status, "only those in this state, as in_process")
        ->type_name("STATE");
    command->add_option("--initiator", options->initiator, "only those that this one submitted");
    command->add_option("--source", options->source_system, "only those of this source system");
    command->add_option("--tag", options->tag, "only those with this tag");
    command->add_option("--limit", options->limit, "at most so many, 1 to 100")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command->add_option("--cursor", options->cursor, "where an earlier list ended");
    command->add_flag("--json", options->json, "print the host's answer as JSON");
    add_url(*command, options->url);
    command->callback([options, &exit_code] { run_on_console(list_tasks, *options, exit_code); });
}

void add_host_list(CLI::App& host, int& exit_code) {
    auto options = std::make_shared<HostListOptions>();
    auto* command = host.add_subcommand("list", "list the hosts that share a database");
    command->add_option("--state", options->state, "only those in this state")
        ->check(CLI::IsMember({"live", "retired", "lost", "all"}))
        ->capture_default_str();
    command->add_option("--database-url", options->database_url, "ask the database, not a host")
        ->type_name("URL");
    command->add_flag("--json", options->json, "print JSON");
    add_url(*command, options->url);
    command->callback([options, &exit_code] { run_on_console(list_hosts, *options, exit_code); });
}

}  // namespace tenon::app
