#include "app/commands/keys/key_commands.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/operations/maintenance_commands.hpp"
#include "database/connection_pool.hpp"
#include "database/migrator.hpp"
#include "database/repositories/operations/api_key_repository.hpp"
#include "database/repositories/text_list.hpp"
#include "foundation/http/access/api_key.hpp"
#include "foundation/json_text.hpp"
#include "foundation/telemetry/redaction.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <string>
#include <vector>

namespace tenon::app {
namespace {

constexpr std::chrono::seconds longest_life = std::chrono::hours(24 * 3650);
constexpr std::size_t longest_name = 100;

struct KeyOptions {
    std::string database_url;
    std::string name;  ///< Of the key; for `revoke` also its id.
    std::vector<std::string> permissions;
    std::string expires = "90d";
    bool json = false;
};

/// The grants that the options name, spelled out: a wildcard does not grow with later versions.
std::vector<std::string> wanted_permissions(const KeyOptions& options) {
    Grants grants;
    for (const auto& text : options.permissions) {
        if (const auto added = grants.add(text); !added) {
            throw CommandFailure(ExitCode::usage, added.error().detail);
        }
    }
    return grants.names();
}

std::chrono::seconds wanted_life(const KeyOptions& options) {
    const auto life = parse_span(options.expires);
    if (life <= std::chrono::seconds(0) || life > longest_life) {
        throw CommandFailure(
            ExitCode::usage, "'" + options.expires + "' is no life of a key; give 1s to 3650d"
        );
    }
    return life;
}

void check_name(const std::string& name) {
    const bool printable =
        std::ranges::all_of(name, [](unsigned char c) { return c > ' ' && c < 0x7F && c != '"'; });
    if (!printable || name.empty() || name.size() > longest_name) {
        throw CommandFailure(
            ExitCode::usage, "the name of a key has 1 to 100 printable characters without spaces"
        );
    }
}

ExitCode with_keys(
    const KeyOptions& options,
    const std::function<ExitCode(database::ApiKeyRepository&)>& work
) {
    if (options.database_url.empty()) {
        throw CommandFailure(
            ExitCode::usage, "keys are in the database: give --database-url or TENON_DATABASE_URL"
        );
    }
    const auto migrations = database::Migrator({.conninfo = options.database_url}).status();
    if (std::ranges::any_of(migrations, [](const auto& one) { return !one.applied_at; })) {
        throw CommandFailure(
            ExitCode::host_error, "the schema is not up to date; run 'tenon db migrate' first"
        );
    }
    database::ConnectionPool pool(
        {.conninfo = options.database_url, .size = 1, .application_name = "tenon key"}
    );
    database::ApiKeyRepository keys(pool);
    try {
        return work(keys);
    } catch (const Exception& failure) {
        const bool refused = failure.code() == ErrorCode::conflict;
        throw CommandFailure(
            refused ? ExitCode::refused : ExitCode::host_error, redact(failure.what())
        );
    }
}

ExitCode create(const KeyOptions& options, const TaskConsole& console) {
    check_name(options.name);
    const auto permissions = wanted_permissions(options);
    const auto life = wanted_life(options);
    return with_keys(options, [&](database::ApiKeyRepository& keys) {
        const auto key = make_api_key();
        const auto expires = keys.create(
            {.id = key.id,
             .name = options.name,
             .hash = key.hash(),
             .permissions = permissions,
             .valid_for = life}
        );
        if (options.json) {
            console.out << fmt::format(
                R"({{"id":"{}","name":{},"key":"{}","permissions":["{}"],"expires_at":"{}"}})"
                "\n",
                key.id,
                json_quote(options.name),
                key.to_string(),
                fmt::join(permissions, R"(",")"),
                expires
            );
        } else {
            console.out << key.to_string() << '\n';
            console.err << "valid until " << expires << "; it is shown this once\n";
        }
        return ExitCode::ok;
    });
}

ExitCode list(const KeyOptions& options, const TaskConsole& console) {
    return with_keys(options, [&](database::ApiKeyRepository& keys) {
        const auto all = keys.list();
        std::string json;
        for (const auto& key : all) {
            if (options.json) {
                json += fmt::format(
                    R"({}{{"id":"{}","name":{},"permissions":["{}"],"created_at":"{}",)"
                    R"("expires_at":"{}","expired":{}}})",
                    json.empty() ? "" : ",",
                    key.id,
                    json_quote(key.name),
                    fmt::join(database::split_list(key.permissions), R"(",")"),
                    key.created_at,
                    key.expires_at,
                    key.expired
                );
            } else {
                console.out << fmt::format(
                    "{}  {:<24} {} {}  {}\n",
                    key.id,
                    key.name,
                    key.expired ? "expired" : "until  ",
                    key.expires_at,
                    key.permissions
                );
            }
        }
        if (options.json) {
            console.out << '[' << json << "]\n";
        } else if (all.empty()) {
            console.out << "there are no API keys\n";
        }
        return ExitCode::ok;
    });
}

ExitCode revoke(const KeyOptions& options, const TaskConsole& console) {
    return with_keys(options, [&](database::ApiKeyRepository& keys) {
        if (!keys.revoke(options.name)) {
            throw CommandFailure(
                ExitCode::refused,
                "there is no API key '" + options.name + "'; 'tenon key list' shows them"
            );
        }
        console.out << "revoked " << options.name << "; hosts refuse it within 5 s\n";
        return ExitCode::ok;
    });
}

using KeyCommand = ExitCode (*)(const KeyOptions&, const TaskConsole&);

}  // namespace

void add_key_commands(CLI::App& root, int& exit_code) {
    auto* group = root.add_subcommand("key", "keys with which programs call hosts over HTTP");
    group->require_subcommand(1);
    const auto add = [&](const char* name, const char* purpose, KeyCommand command) {
        auto options = std::make_shared<KeyOptions>();
        auto* subcommand = group->add_subcommand(name, purpose);
        subcommand->add_option("--database-url", options->database_url, "PostgreSQL of the hosts")
            ->envname("TENON_DATABASE_URL");
        subcommand->add_flag("--json", options->json, "print JSON");
        subcommand->callback([options, command, &exit_code] {
            const auto console = process_console();
            exit_code =
                static_cast<int>(report_failure(console, [&] { return command(*options, console); })
                );
        });
        return std::pair(subcommand, options);
    };
    const auto [made, making] = add("create", "make a key and print it, once", create);
    made->add_option("NAME", making->name, "whose key it is, for logs and lists")->required();
    made->add_option(
            "--permission",
            making->permissions,
            "what it may do, as tasks:read or tasks:*; may be repeated"
    )
        ->delimiter(',')
        ->required();
    made->add_option("--expires", making->expires, "how long it is valid, as 90d or 12h")
        ->capture_default_str();
    add("list", "show all that were not revoked", list);
    const auto [ended, ending] = add("revoke", "make a key worthless", revoke);
    ended->add_option("KEY", ending->name, "its name, or its id")->required();
}

}  // namespace tenon::app
