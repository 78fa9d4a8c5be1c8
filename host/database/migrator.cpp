#include "database/migrator.hpp"

#include "database/connection.hpp"
#include "database/sql_error.hpp"
#include "sql/migrations.hpp"
#include "sql/schema_migrations.hpp"

#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/transaction>

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <thread>
#include <utility>

namespace tenon::database {
namespace {

using Clock = std::chrono::steady_clock;
namespace queries = sql::schema_migrations;

constexpr auto pause_between_attempts = std::chrono::milliseconds(200);
constexpr std::string_view lock_not_available = "55P03";

pqxx::result run(pqxx::connection_base& session, std::string_view statement) {
    pqxx::nontransaction work(session);
    return work.exec(std::string(statement));
}

void limit_lock_waits(pqxx::connection_base& session, std::chrono::milliseconds limit) {
    pqxx::nontransaction work(session);
    work.exec_params(std::string(queries::unbound_session), std::to_string(limit.count()));
}

Connection connect(const std::string& conninfo) {
    return Connection({conninfo, "tenon migrate"});
}

std::string label(int version, std::string_view name) {
    return fmt::format("{:04}_{}", version, name);
}

Exception refusal(std::string sentence) {
    return Exception({ErrorCode::conflict, std::move(sentence)});
}

bool is_recorded(pqxx::connection_base& session) {
    return run(session, queries::exists)[0][0].as<bool>();
}

/// Nobody who uses the name `tenon` for something else shall find our tables among his.
void refuse_foreign_schema(pqxx::connection_base& session, const std::string& endpoint) {
    const auto found = run(session, queries::foreign_objects);
    if (!found.empty() && found[0][0].as<int>() > 0) {
        throw refusal(fmt::format(
            "schema tenon at {} holds {} objects that are not tenon's; use another database",
            endpoint,
            found[0][0].as<int>()
        ));
    }
}

}  // namespace

std::span<const Migration> embedded_migrations() {
    return sql::migrations;
}

Migrator::Migrator(Options options, std::span<const Migration> migrations)
    : options_(std::move(options)), migrations_(migrations) {}

std::vector<int> Migrator::migrate() const {
    auto connection = connect(options_.conninfo);
    auto& session = connection.session();
    std::vector<int> applied;
    translate_errors(connection.endpoint(), [&] {
        limit_lock_waits(session, options_.wait_limit);
        try {
            run(session, queries::lock);
        } catch (const pqxx::sql_error& error) {
            if (error.sqlstate() != lock_not_available) {
                throw;
            }
            throw Exception(
                {ErrorCode::unavailable,
                 fmt::format(
                     "another host has been migrating {} for more than {}; wait for it, or end it",
                     connection.endpoint(),
                     options_.wait_limit
                 )}
            );
        }
        limit_lock_waits(session, options_.lock_timeout);
        refuse_foreign_schema(session, connection.endpoint());
        applied = migrate_under_lock(session);
        run(session, queries::unlock);
    });
    return applied;
}

std::vector<int> Migrator::migrate_under_lock(pqxx::connection_base& session) const {
    if (!is_recorded(session)) {
        pqxx::work work(session);
        work.exec(std::string(queries::create_record));
        work.commit();
    }
    const auto done = read_applied(session);
    std::vector<int> applied;
    for (const auto& migration : migrations_) {
        if (std::ranges::find(done, migration.version, &Applied::version) == done.end()) {
            apply(session, migration);
            applied.push_back(migration.version);
        }
    }
    return applied;
}

std::vector<MigrationStatus> Migrator::status() const {
    auto connection = connect(options_.conninfo);
    auto& session = connection.session();
    std::vector<MigrationStatus> lines;
    for (const auto& migration : migrations_) {
        lines.push_back({migration.version, std::string(migration.name), std::nullopt});
    }
    translate_errors(connection.endpoint(), [&] {
        refuse_foreign_schema(session, connection.endpoint());
        if (!is_recorded(session)) {
            return;
        }
        for (auto& applied : read_applied(session)) {
            const auto line = std::ranges::find(lines, applied.version, &MigrationStatus::version);
            line->applied_at = std::move(applied.applied_at);
        }
    });
    return lines;
}

std::vector<Migrator::Applied> Migrator::read_applied(pqxx::connection_base& session) const {
    std::vector<Applied> rows;
    for (const auto& row : run(session, queries::applied)) {
        rows.push_back(
            {row["version"].as<int>(),
             row["name"].as<std::string>(),
             row["checksum"].as<std::string>(),
             row["applied_at"].as<std::string>()}
        );
        check(rows.back());
    }
    return rows;
}

void Migrator::check(const Applied& applied) const {
    const auto known = std::ranges::find(migrations_, applied.version, &Migration::version);
    if (known == migrations_.end()) {
        throw refusal(fmt::format(
            "the database has migration {}, this tenon knows them up to {:04}; install the "
            "tenon that made it, or a newer one",
            label(applied.version, applied.name),
            migrations_.empty() ? 0 : migrations_.back().version
        ));
    }
    if (known->checksum != applied.checksum) {
        throw refusal(fmt::format(
            "migration {} has changed since it was applied at {} (checksum {:.12}, now {:.12}); "
            "restore the file and add a new migration instead",
            label(applied.version, applied.name),
            applied.applied_at,
            applied.checksum,
            known->checksum
        ));
    }
}

void Migrator::apply(pqxx::connection_base& session, const Migration& migration) const {
    say(fmt::format("applying migration {}", label(migration.version, migration.name)));
    const auto until = Clock::now() + options_.wait_limit;
    for (;;) {
        try {
            return apply_once(session, migration);
        } catch (const pqxx::sql_error& error) {
            if (error.sqlstate() != lock_not_available) {
                throw SqlError(
                    error.sqlstate(),
                    fmt::format(
                        "migration {} failed: {}",
                        label(migration.version, migration.name),
                        error.what()
                    )
                );
            }
            if (Clock::now() > until) {
                throw Exception(
                    {ErrorCode::unavailable,
                     fmt::format(
                         "migration {} cannot lock its tables for {}; end the transactions that "
                         "hold them",
                         label(migration.version, migration.name),
                         options_.wait_limit
                     )}
                );
            }
        }
        say(fmt::format(
            "migration {} waits for locks on its tables", label(migration.version, migration.name)
        ));
        // Between attempts everybody who queued behind us gets his turn.
        std::this_thread::sleep_for(pause_between_attempts);
    }
}

void Migrator::apply_once(pqxx::connection_base& session, const Migration& migration) const {
    pqxx::work work(session);
    work.exec(std::string(migration.text));
    work.exec_params(
        std::string(queries::record),
        migration.version,
        std::string(migration.name),
        std::string(migration.checksum)
    );
    work.commit();
}

void Migrator::say(const std::string& sentence) const {
    if (options_.log) {
        options_.log(sentence);
    }
}

}  // namespace tenon::database
