#include "app/commands/db_command.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/operations/maintenance_commands.hpp"
#include "app/terminal/terminal.hpp"
#include "database/embedded_server.hpp"
#include "database/migrator.hpp"
#include "foundation/json_text.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace tenon::app {
namespace {

/// Which database, and how to speak of it.
struct DbOptions {
    std::string database_url;
    std::filesystem::path data_directory;
    std::string keep = "30d";
    std::string archive_after = "1h";
    bool json = false;
};

void add_options(CLI::App& command, const std::shared_ptr<DbOptions>& options) {
    command.add_option("--database-url", options->database_url, "PostgreSQL to use")
        ->envname("TENON_DATABASE_URL");
    command
        .add_option(
            "--data-dir", options->data_directory, "of a private PostgreSQL, its host stopped"
        )
        ->envname("TENON_DATA_DIR");
    command.add_flag("--json", options->json, "print JSON");
}

void say(std::string_view sentence) {
    fmt::print(stderr, "{}\n", sentence);
}

/// Calls `work` with how to connect to the database, which runs meanwhile.
void with_database(
    const DbOptions& options,
    const std::function<void(const std::string& conninfo)>& work
) {
    std::optional<database::EmbeddedServer> server;
    auto conninfo = options.database_url;
    if (conninfo.empty()) {
        server.emplace(
            database::EmbeddedServer::Options{.data_directory = options.data_directory, .log = say}
        );
        server->start();
        conninfo = server->conninfo();
    }
    work(conninfo);
}

/// Calls `work` with a migrator for the database, which runs meanwhile.
void with_migrator(
    const DbOptions& options,
    const std::function<void(const database::Migrator&)>& work
) {
    with_database(options, [&](const std::string& conninfo) {
        work(database::Migrator({.conninfo = conninfo, .log = say}));
    });
}

/// Calls `work` with the tables' caretaker; refuses a schema that is not up to date.
void with_maintenance(
    const DbOptions& options,
    const std::function<void(database::MaintenanceRepository&)>& work
) {
    with_database(options, [&](const std::string& conninfo) {
        for (const auto& migration :
             database::Migrator({.conninfo = conninfo, .log = say}).status()) {
            if (!migration.applied_at) {
                throw CommandFailure(
                    ExitCode::host_error,
                    "the schema is not up to date; run 'tenon db migrate' first"
                );
            }
        }
        database::MaintenanceRepository maintenance(conninfo);
        work(maintenance);
    });
}

void maintain(const DbOptions& options) {
    const MaintenanceSpans spans{
        .keep = parse_span(options.keep), .archive_after = parse_span(options.archive_after)
    };
    with_maintenance(options, [&](database::MaintenanceRepository& database) {
        maintain_database(database, spans, options.json);
    });
}

void sizes(const DbOptions& options) {
    with_maintenance(options, [&](database::MaintenanceRepository& database) {
        const auto sizes = database.sizes();
        if (options.json) {
            fmt::print("{}\n", size_json(sizes));
            return;
        }
        for (const auto& line : size_lines(sizes, terminal_traits(STDOUT_FILENO).table_columns())) {
            fmt::print("{}\n", line);
        }
    });
}

void migrate(const DbOptions& options) {
    with_migrator(options, [&](const database::Migrator& migrator) {
        const auto applied = migrator.migrate();
        if (options.json) {
            fmt::print("{{\"applied\":[{}]}}\n", fmt::join(applied, ","));
        } else if (applied.empty()) {
            fmt::print("the schema is up to date\n");
        } else {
            fmt::print("applied {} migrations: {}\n", applied.size(), fmt::join(applied, ", "));
        }
    });
}

void status(const DbOptions& options) {
    with_migrator(options, [&](const database::Migrator& migrator) {
        const char* separator = "[";
        for (const auto& migration : migrator.status()) {
            if (options.json) {
                const auto at = migration.applied_at ? json_quote(*migration.applied_at) : "null";
                fmt::print(
                    R"({}{{"version":{},"name":{},"applied_at":{}}})",
                    separator,
                    migration.version,
                    json_quote(migration.name),
                    at
                );
                separator = ",";
            } else {
                fmt::print(
                    "{:>5}  {:<24} {}\n",
                    migration.version,
                    migration.name,
                    migration.applied_at.value_or("pending")
                );
            }
        }
        if (options.json) {
            fmt::print("]\n");
        }
    });
}

}  // namespace

void add_db_commands(CLI::App& root, int& exit_code) {
    auto* db = root.add_subcommand("db", "look after the database");
    db->require_subcommand(1);
    const auto add = [&](const char* name, const char* purpose, void (*command)(const DbOptions&)) {
        auto options = std::make_shared<DbOptions>();
        auto* subcommand = db->add_subcommand(name, purpose);
        add_options(*subcommand, options);
        subcommand->callback([options, command, &exit_code] {
            exit_code = static_cast<int>(report_failure(process_console(), [&] {
                command(*options);
                return ExitCode::ok;
            }));
        });
        return std::pair(subcommand, options);
    };
    add("migrate", "bring the schema up to date", migrate);
    add("status", "list the migrations and what is pending", status);
    const auto [command, options] =
        add("maintain", "move ended tasks to history, drop old history", maintain);
    command->add_option("--keep", options->keep, "history to keep, as 30d, 12h or 90m")
        ->capture_default_str();
    command->add_option("--archive-after", options->archive_after, "leave tasks that ended later")
        ->capture_default_str();
    add("sizes", "show how much room each table takes", sizes);
}

}  // namespace tenon::app
