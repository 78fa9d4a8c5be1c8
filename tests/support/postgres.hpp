#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct pg_conn;

namespace tenon::testing {

/// A statement that the server refused.
class StatementRefused : public std::runtime_error {
public:
    StatementRefused(std::string sqlstate, const std::string& message)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}

    const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    std::string sqlstate_;
};

/// A row as text; SQL NULL is nothing.
using TextRow = std::vector<std::optional<std::string>>;

/// A plain SQL client: what psql would see. One thread at a time.
class SqlSession {
public:
    /// Throws StatementRefused when it cannot connect.
    explicit SqlSession(const std::string& conninfo);

    /// Runs one or more statements; returns the rows of the last.
    std::vector<TextRow> rows(const std::string& sql);

    /// Runs one statement with text parameters.
    std::vector<TextRow> rows(const std::string& sql, const std::vector<std::string>& parameters);

    void exec(const std::string& sql) { rows(sql); }

    /// The only value of a statement that returns one row with one column; "NULL" for SQL NULL.
    std::string value(const std::string& sql);
    std::string value(const std::string& sql, const std::vector<std::string>& parameters);

    int backend_pid() const;

private:
    std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
};

/// A database of one test's own, dropped at its end.
///
/// The server behind it is private to the test executable: started at first need from a cluster
/// that is prepared once per build tree, stopped and removed at exit. With TENON_TEST_DATABASE_URL
/// it is that server instead, whose role must be allowed to create databases.
class TestDatabase {
public:
    enum class Content { migrated, empty };

    explicit TestDatabase(Content content = Content::migrated);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    /// How libpq connects to it.
    const std::string& conninfo() const noexcept { return conninfo_; }

    const std::string& name() const noexcept { return name_; }

    /// A session that stays open as long as the database; open others with SqlSession.
    SqlSession& sql();

private:
    std::string name_;
    std::string conninfo_;
    std::unique_ptr<SqlSession> session_;
};

/// Makes `data_directory` one of an EmbeddedServer whose cluster holds a migrated database, the one
/// called `migrated_template()`: a copy of the cluster that is prepared once per build tree.
void copy_prepared_cluster(const std::string& data_directory);
std::string migrated_template();

/// What servers of tests are told: not to wait for a disk. A killed server loses nothing by that.
const std::vector<std::pair<std::string, std::string>>& test_server_settings();

/// `conninfo` with another value for one of its settings.
std::string with_setting(
    const std::string& conninfo,
    const std::string& name,
    const std::string& value
);

/// A fixture with a migrated database.
class DatabaseTest : public ::testing::Test {
protected:
    const std::string& conninfo() const noexcept { return database_.conninfo(); }

    SqlSession& sql() { return database_.sql(); }

    TestDatabase& database() noexcept { return database_; }

private:
    TestDatabase database_;
};

/// A directory under the system's temporary one that every user may pass, removed at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

}  // namespace tenon::testing
