#pragma once

#include "database/migration.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pqxx {
class connection_base;  // NOLINT(readability-identifier-naming)
}

namespace tenon::database {

/// The migrations of this build, ascending.
std::span<const Migration> embedded_migrations();

/// One line of `tenon db status`.
struct MigrationStatus {
    int version = 0;
    std::string name;
    std::optional<std::string> applied_at;  ///< ISO 8601 in UTC; nothing while pending.
};

/// Brings a database to the schema of this build. [pool] Touches the schemas `tenon` and `pgmq`
/// and nothing else.
///
/// Hosts that start at once take turns under a session advisory lock, so each migration is applied
/// once; each has its own transaction, which also records it. Needs a direct connection: a
/// transaction-pooling proxy would lose the lock.
class Migrator {
public:
    struct Options {
        std::string conninfo;

        /// Hears one sentence about each migration and each wait.
        std::function<void(std::string_view)> log = nullptr;

        /// How long to wait for other hosts that migrate, or for one's locks, in all.
        std::chrono::milliseconds wait_limit = std::chrono::minutes(1);

        /// How long one attempt may queue for table locks, during which it blocks everybody else.
        std::chrono::milliseconds lock_timeout = std::chrono::seconds(2);
    };

    explicit Migrator(
        Options options,
        std::span<const Migration> migrations = embedded_migrations()
    );

    /// Applies what is pending, in order; returns the versions it applied, usually none.
    ///
    /// Throws tenon::Exception: `conflict` when the database is newer than this build, an applied
    /// migration has changed since, or schema `tenon` is somebody else's; `unavailable` when the
    /// server, the lock or a table lock cannot be had.
    std::vector<int> migrate() const;

    /// Every known migration, applied or pending. Throws like `migrate`, changes nothing.
    std::vector<MigrationStatus> status() const;

private:
    struct Applied {
        int version;
        std::string name;
        std::string checksum;
        std::string applied_at;
    };

    std::vector<int> migrate_under_lock(pqxx::connection_base& session) const;
    std::vector<Applied> read_applied(pqxx::connection_base& session) const;
    void check(const Applied& applied) const;
    void apply(pqxx::connection_base& session, const Migration& migration) const;
    void apply_once(pqxx::connection_base& session, const Migration& migration) const;
    void say(const std::string& sentence) const;

    Options options_;
    std::span<const Migration> migrations_;
};

}  // namespace tenon::database
