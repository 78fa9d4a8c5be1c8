#include "app/commands/plugins/running/running_plugins.hpp"

#include "app/commands/operations/answer.hpp"
#include "app/commands/task_client.hpp"
#include "foundation/json_text.hpp"

#include <utility>
#include <vector>

namespace tenon::app {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t short_hash = 12;

std::vector<JsonSlice> elements_of(const JsonSlice& object, std::string_view name) {
    const auto list = object.find(name);
    return list ? list->elements() : std::vector<JsonSlice>();
}

std::string hash_of(const JsonSlice& object) {
    return text_of(object, "sha256").substr(0, short_hash);
}

void print_table(const TaskConsole& console, const Rows& rows) {
    for (const auto& line : draw_table(rows, console.traits().table_columns())) {
        console.out << line << '\n';
    }
    console.out << std::flush;
}

std::string segment(std::string_view text) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += {'%', digits[byte / 16U], digits[byte % 16U]};
    }
    return encoded;
}

// The processes that a build runs in: "12 13", or "-" for the host itself.
std::string runners_of(const JsonSlice& build) {
    std::string pids;
    if (const auto runners = build.find("runners")) {
        for (const auto& pid : elements_of(*runners, "pids")) {
            pids += (pids.empty() ? "" : " ") + std::string(pid.raw());
        }
    }
    return pids.empty() ? "-" : pids;
}

std::string runners_of_active(const JsonSlice& plugin) {
    for (const auto& build : elements_of(plugin, "generations")) {
        if (text_of(build, "state") == "active") {
            return runners_of(build);
        }
    }
    return "-";
}

void print_all(const TaskConsole& console, const JsonSlice& answer) {
    Rows rows{
        {"plugin",
         "version",
         "generation",
         "sha256",
         "builds",
         "pinned",
         "isolation",
         "runners",
         "file"}
    };
    for (const auto& plugin : elements_of(answer, "plugins")) {
        rows.push_back(
            {text_of(plugin, "id"),
             text_of(plugin, "version"),
             text_of(plugin, "generation"),
             hash_of(plugin),
             std::to_string(elements_of(plugin, "generations").size()),
             text_of(plugin, "pinned"),
             text_of(plugin, "isolation"),
             runners_of_active(plugin),
             text_of(plugin, "file")}
        );
    }
    if (rows.size() == 1) {
        console.out << "no plugins" << std::endl;
    } else {
        print_table(console, rows);
    }
    for (const auto& file : elements_of(answer, "files")) {
        if (text_of(file, "state") != "active") {
            console.out << text_of(file, "state") << ": " << text_of(file, "reason") << std::endl;
        }
    }
    for (const auto& build : elements_of(answer, "demoted")) {
        console.out << "demoted: " << text_of(build, "plugin") << ' ' << text_of(build, "sha256")
                    << ": " << text_of(build, "reason") << std::endl;
    }
}

void print_one(const TaskConsole& console, const JsonSlice& plugin) {
    Rows builds{
        {"generation",
         "state",
         "version",
         "sha256",
         "since (UTC)",
         "calls",
         "failed",
         "faults",
         "in flight",
         "runners"}
    };
    for (const auto& build : elements_of(plugin, "generations")) {
        builds.push_back(
            {text_of(build, "generation"),
             text_of(build, "state"),
             text_of(build, "version"),
             hash_of(build),
             time_of(build, "since"),
             text_of(build, "calls"),
             text_of(build, "failures"),
             text_of(build, "faults"),
             text_of(build, "in_flight"),
             runners_of(build)}
        );
    }
    print_table(console, builds);
    console.out << '\n';
    Rows history{{"at (UTC)", "state", "by", "generation", "sha256", "reason"}};
    for (const auto& transition : elements_of(plugin, "history")) {
        history.push_back(
            {time_of(transition, "at"),
             text_of(transition, "state"),
             text_of(transition, "trigger"),
             text_of(transition, "generation"),
             hash_of(transition),
             text_of(transition, "reason")}
        );
    }
    print_table(console, history);
}

void print_quarantine(const TaskConsole& console, const JsonSlice& answer) {
    Rows rows{{"sha256", "since (UTC)", "plugin", "reason"}};
    for (const auto& build : elements_of(answer, "quarantine")) {
        rows.push_back(
            {text_of(build, "sha256"),
             time_of(build, "since"),
             text_of(build, "plugin"),
             text_of(build, "reason")}
        );
    }
    if (rows.size() == 1) {
        console.out << "no build is in quarantine" << std::endl;
    } else {
        print_table(console, rows);
    }
}

}  // namespace

ExitCode list_plugins(const RunningPluginOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto& id = options.plugin_id;
        const auto target = id.empty() ? "/v1/plugins" : "/v1/plugins/" + segment(id);
        const auto text = TaskClient(options.url).ask("GET", target);
        const auto answer = parse_answer(text);
        if (options.json) {
            console.out << answer.compact() << std::endl;
        } else if (id.empty()) {
            print_all(console, answer);
        } else {
            print_one(console, answer);
        }
        return ExitCode::ok;
    });
}

ExitCode reload_plugins(const RunningPluginOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto body =
            options.file.empty() ? "{}" : "{\"file\":" + json_quote(options.file) + "}";
        const auto text = TaskClient(options.url).ask("POST", "/v1/plugins:reload", body);
        const auto answer = parse_answer(text);
        if (options.json) {
            console.out << answer.compact() << std::endl;
        }
        auto ending = ExitCode::ok;
        for (const auto& file : elements_of(answer, "files")) {
            const auto error = text_of(file, "error");
            const auto plugin = file.find("plugin");
            if (!error.empty()) {
                ending = ExitCode::task_failed;
                console.err << "tenon: " << error << std::endl;
            } else if (!options.json && plugin) {
                console.out << text_of(*plugin, "id") << ' ' << text_of(*plugin, "version")
                            << " is active, generation " << text_of(*plugin, "generation")
                            << std::endl;
            }
        }
        return ending;
    });
}

ExitCode roll_plugin_back(const RunningPluginOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto target = "/v1/plugins/" + segment(options.plugin_id) + "/rollback";
        const auto text = TaskClient(options.url).ask("POST", target);
        const auto answer = parse_answer(text);
        if (options.json) {
            console.out << answer.compact() << std::endl;
        } else {
            console.out << text_of(answer, "id") << ' ' << text_of(answer, "version")
                        << " is active again, as generation " << text_of(answer, "generation")
                        << std::endl;
        }
        return ExitCode::ok;
    });
}

ExitCode quarantine_build(const RunningPluginOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        TaskClient client(options.url);
        if (options.sha256.empty()) {
            const auto text = client.ask("GET", "/v1/plugins");
            const auto answer = parse_answer(text);
            if (const auto list = answer.find("quarantine"); options.json && list) {
                console.out << list->compact() << std::endl;
            } else {
                print_quarantine(console, answer);
            }
            return ExitCode::ok;
        }
        const auto body = "{\"sha256\":" + json_quote(options.sha256) +
                          ",\"reason\":" + json_quote(options.reason) + "}";
        const auto text =
            options.release
                ? client.ask("DELETE", "/v1/plugins/quarantine/" + segment(options.sha256))
                : client.ask("POST", "/v1/plugins/quarantine", body);
        const auto answer = parse_answer(text);
        if (options.json) {
            console.out << answer.compact() << std::endl;
        } else if (options.release) {
            console.out << text_of(answer, "sha256") << " may be loaded again" << std::endl;
        } else {
            console.out << text_of(answer, "sha256") << " is in quarantine" << std::endl;
        }
        if (text_of(answer, "still_active") == "true") {
            console.err << "tenon: it stays active, for there is no build to go back to"
                        << std::endl;
        }
        return ExitCode::ok;
    });
}

ExitCode promote_build(const RunningPluginOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto target = "/v1/plugins/demoted/" + segment(options.sha256);
        const auto text = TaskClient(options.url).ask("DELETE", target);
        const auto answer = parse_answer(text);
        if (options.json) {
            console.out << answer.compact() << std::endl;
        } else {
            console.out << text_of(answer, "sha256")
                        << " runs in its host's process again from the next start on" << std::endl;
        }
        return ExitCode::ok;
    });
}

}  // namespace tenon::app
