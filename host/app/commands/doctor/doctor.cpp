#include "app/commands/doctor/doctor.hpp"

#include "app/commands/configuration/configuration_options.hpp"
#include "app/commands/console_command.hpp"
#include "app/commands/help/command_description.hpp"
#include "app/commands/operations/answer.hpp"
#include "app/commands/task_client.hpp"
#include "app/terminal/display_text.hpp"
#include "database/migrator.hpp"
#include "database/repositories/session_probe.hpp"
#include "foundation/error.hpp"
#include "foundation/json_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <memory>

namespace tenon::app {
namespace {

constexpr std::size_t text_columns = 72;

std::chrono::milliseconds now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch()
    );
}

void append(Findings& findings, Findings more) {
    std::ranges::move(more, std::back_inserter(findings));
}

Findings look_at_schema(const std::string& conninfo) {
    std::vector<std::string> pending;
    try {
        for (const auto& migration : database::Migrator({.conninfo = conninfo}).status()) {
            if (!migration.applied_at) {
                pending.push_back(fmt::format("{:04} {}", migration.version, migration.name));
            }
        }
    } catch (const Exception& error) {
        if (error.code() != ErrorCode::conflict) {
            throw;
        }
        return diagnose_schema({}, error.what());
    }
    return diagnose_schema(pending, "");
}

Findings look_at_reachable(const DoctorOptions& options) {
    const auto& conninfo = options.direct_url.empty() ? options.database_url : options.direct_url;
    database::InspectionRepository database(conninfo);
    Findings findings;
    append(
        findings,
        diagnose_pooler(database::keeps_sessions(options.database_url), !options.direct_url.empty())
    );
    database.server();  // The first statement of a session pays for what it has to load.
    ClockReading reading{.before = now()};
    const auto server = database.server();
    reading.after = now();
    reading.server = server.clock;
    append(findings, diagnose_clock(reading));
    append(findings, diagnose_server(server));
    auto schema = look_at_schema(conninfo);
    const bool usable = schema.empty();
    append(findings, std::move(schema));
    append(findings, diagnose_tables(database.tables(many_dead_rows)));
    append(findings, diagnose_holders(database.holders(long_transaction)));
    if (usable) {
        append(findings, diagnose_hosts(database.hosts()));
    }
    return findings;
}

Findings look_at_database(const DoctorOptions& options) {
    try {
        return look_at_reachable(options);
    } catch (const Exception& error) {
        return {
            {"database-unreachable",
             Severity::error,
             error.what(),
             "no host can work, and nothing else could be looked at",
             "start the server, or correct --database-url (TENON_DATABASE_URL)"}
        };
    }
}

Findings unreachable(const std::string& url, const std::string& why) {
    return {
        {"host-unreachable",
         Severity::error,
         why,
         "nobody gets an answer at " + url + ", neither people nor programs",
         "start a host there, or correct --url (TENON_URL)"}
    };
}

Findings look_at_host(const std::string& url) {
    try {
        const auto text = TaskClient(url).ask("GET", "/v1/worker/status");
        std::vector<std::string> unresolved;
        const auto status = parse_answer(text);
        const auto templates = status.find("templates");
        const auto list = templates ? templates->find("unresolved") : std::nullopt;
        for (const auto& sentence : list ? list->elements() : std::vector<JsonSlice>()) {
            unresolved.push_back(printable(sentence.string().value_or("")));
        }
        return diagnose_callables(unresolved, url);
    } catch (const CommandFailure& failure) {
        // A host without the worker role has no such path, and nothing to resolve.
        return failure.exit_code() == ExitCode::refused ? Findings()
                                                        : unreachable(url, failure.what());
    }
}

std::string to_json(const Finding& finding) {
    return fmt::format(
        R"({{"id":{},"severity":"{}","what":{},"meaning":{},"fix":{}}})",
        json_quote(finding.id),
        to_string(finding.severity),
        json_quote(finding.what),
        json_quote(finding.meaning),
        json_quote(finding.fix)
    );
}

void print(const Finding& finding, const TaskConsole& console) {
    const auto head = fmt::format("{} ({}): ", to_string(finding.severity), finding.id);
    for (const auto& line : wrapped(head + finding.what, text_columns + 4)) {
        console.out << line << '\n';
    }
    for (const auto& text : {"means: " + finding.meaning, "fix:   " + finding.fix}) {
        for (const auto& line : wrapped(text, text_columns)) {
            console.out << "    " << line << '\n';
        }
    }
}

ExitCode report(
    const Findings& findings,
    const DoctorOptions& options,
    const TaskConsole& console
) {
    const bool well = std::ranges::none_of(findings, [](const Finding& finding) {
        return finding.severity != Severity::note;
    });
    if (options.json) {
        std::vector<std::string> objects;
        std::ranges::transform(findings, std::back_inserter(objects), to_json);
        console.out << fmt::format(
                           R"({{"healthy":{},"findings":[{}]}})", well, fmt::join(objects, ",")
                       )
                    << std::endl;
    } else {
        for (const auto& finding : findings) {
            print(finding, console);
        }
        console.out << (findings.empty() ? "nothing is wrong with what was looked at" : "")
                    << (findings.empty() ? "\n" : "") << std::flush;
    }
    return well ? ExitCode::ok : ExitCode::task_failed;
}

}  // namespace

ExitCode run_doctor(const DoctorOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        if (options.database_url.empty() && options.url.empty()) {
            throw CommandFailure(
                ExitCode::usage,
                "there is nothing to look at; name a database with --database-url "
                "(TENON_DATABASE_URL), a host with --url, or both"
            );
        }
        Findings findings;
        if (!options.database_url.empty()) {
            append(findings, look_at_database(options));
        }
        if (!options.url.empty()) {
            append(findings, look_at_host(options.url));
        }
        std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
            return std::pair(b.severity, a.id) < std::pair(a.severity, b.id);
        });
        return report(findings, options, console);
    });
}

void add_doctor_command(CLI::App& root, int& exit_code) {
    auto options = std::make_shared<DoctorOptions>();
    auto configuration = std::make_shared<CommandConfiguration>();
    auto* command = root.add_subcommand(
        "doctor", "find what is commonly wrong with database and fleet, and say how to right it"
    );
    add_key_options(
        *command, {key("database.url"), key("database.direct_url")}, configuration->sources
    );
    add_source_options(*command, configuration->sources);
    command->add_option("--url", options->url, "a host to ask which callables it cannot run")
        ->type_name("URL")
        ->envname("TENON_URL");
    command->add_flag("--json", options->json, "print JSON");
    command->callback([options, configuration, &exit_code] {
        load(*configuration);
        options->database_url = configuration->loaded.configuration.text(key("database.url"));
        options->direct_url = configuration->loaded.configuration.text(key("database.direct_url"));
        run_on_console(run_doctor, *options, exit_code);
    });
}

}  // namespace tenon::app
