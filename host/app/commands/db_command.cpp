#include "app/commands/db_command.hpp"

#include "database/embedded_server.hpp"
#include "database/migrator.hpp"
#include "foundation/json_text.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <optional>

namespace tenon::app {
namespace {

/// Which database, and how to speak of it.
struct DbOptions {
    std::string database_url;
    std::filesystem::path data_directory;
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

/// Calls `work` with a migrator for the database, which runs meanwhile.
void with_migrator(
    const DbOptions& options,
    const std::function<void(const database::Migrator&)>& work
) {
    const auto say = [](std::string_view sentence) { fmt::print(stderr, "{}\n", sentence); };
    std::optional<database::EmbeddedServer> server;
    auto conninfo = options.database_url;
    if (conninfo.empty()) {
        server.emplace(
            database::EmbeddedServer::Options{.data_directory = options.data_directory, .log = say}
        );
        server->start();
        conninfo = server->conninfo();
    }
    work(database::Migrator({.conninfo = conninfo, .log = say}));
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
    auto options = std::make_shared<DbOptions>();
    auto* db = root.add_subcommand("db", "look after the schema");
    db->require_subcommand(1);
    auto* migrate_command = db->add_subcommand("migrate", "bring the schema up to date");
    add_options(*migrate_command, options);
    migrate_command->callback([options, &exit_code] {
        migrate(*options);
        exit_code = 0;
    });
    auto* status_command = db->add_subcommand("status", "list the migrations and what is pending");
    add_options(*status_command, options);
    status_command->callback([options, &exit_code] {
        status(*options);
        exit_code = 0;
    });
}

}  // namespace tenon::app
