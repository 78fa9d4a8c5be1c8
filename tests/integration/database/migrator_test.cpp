#include "database/migrator.hpp"

#include "foundation/error.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace tenon::database {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::SqlSession;
using testing::TestDatabase;
using namespace std::chrono_literals;

constexpr std::array two_migrations{
    Migration{1, "first", "checksum-1", "CREATE TABLE tenon.a (x int);"},
    Migration{2, "second", "checksum-2", "CREATE TABLE tenon.b (x int);"},
};

Error refusal_of(const Migrator& migrator) {
    try {
        migrator.migrate();
    } catch (const Exception& error) {
        return {error.code(), error.what()};
    }
    return {ErrorCode::invalid_input, "nothing was refused"};
}

class MigratorTest : public ::testing::Test {
protected:
    Migrator migrator(std::span<const Migration> migrations = two_migrations) {
        return Migrator({.conninfo = database_.conninfo()}, migrations);
    }

    SqlSession& sql() { return database_.sql(); }

    TestDatabase database_{TestDatabase::Content::empty};
};

TEST_F(MigratorTest, AppliesPendingMigrationsInOrderAndOnlyOnce) {
    EXPECT_THAT(migrator(std::span(two_migrations).first(1)).migrate(), ElementsAre(1));
    EXPECT_THAT(migrator().migrate(), ElementsAre(2));
    EXPECT_THAT(migrator().migrate(), IsEmpty());
    EXPECT_EQ(
        sql().value("SELECT string_agg(version || name || checksum, ',' ORDER BY version) "
                    "FROM tenon.schema_migrations"),
        "1firstchecksum-1,2secondchecksum-2"
    );
}

TEST_F(MigratorTest, StatusTellsAppliedFromPendingAndChangesNothing) {
    EXPECT_FALSE(migrator().status().front().applied_at);
    EXPECT_EQ(sql().value("SELECT count(*) FROM pg_namespace WHERE nspname = 'tenon'"), "0");

    migrator(std::span(two_migrations).first(1)).migrate();
    const auto lines = migrator().status();
    ASSERT_THAT(lines, SizeIs(2));
    EXPECT_THAT(
        lines[0].applied_at.value_or(""), ::testing::MatchesRegex("20..-..-..T..:..:...+Z")
    );
    EXPECT_EQ(lines[1].name, "second");
    EXPECT_FALSE(lines[1].applied_at);
}

TEST_F(MigratorTest, AFailingMigrationLeavesNothingOfItselfAndIsNamed) {
    constexpr std::array broken{
        two_migrations[0],
        Migration{2, "broken", "c", "CREATE TABLE tenon.half (x int); SELECT 1 / 0;"},
    };
    try {
        migrator(broken).migrate();
        FAIL() << "migration 2 divides by zero";
    } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr("migration 0002_broken failed"));
        EXPECT_THAT(error.what(), HasSubstr("division by zero"));
    }
    EXPECT_EQ(sql().value("SELECT to_regclass('tenon.half')"), "NULL");
    EXPECT_EQ(sql().value("SELECT max(version) FROM tenon.schema_migrations"), "1");
}

TEST_F(MigratorTest, RefusesADatabaseThatIsNewerThanThisBuild) {
    migrator().migrate();
    const auto refused = refusal_of(migrator(std::span(two_migrations).first(1)));
    EXPECT_EQ(refused.code, ErrorCode::conflict);
    EXPECT_EQ(
        refused.detail,
        "the database has migration 0002_second, this tenon knows them up to 0001; install the "
        "tenon that made it, or a newer one"
    );
}

TEST_F(MigratorTest, RefusesAnAppliedMigrationThatHasChanged) {
    migrator().migrate();
    auto changed = two_migrations;
    changed[0].checksum = "another-sum";
    const auto refused = refusal_of(migrator(changed));
    EXPECT_EQ(refused.code, ErrorCode::conflict);
    EXPECT_THAT(refused.detail, HasSubstr("migration 0001_first has changed since it was applied"));
}

TEST_F(MigratorTest, RefusesASchemaTenonThatSomebodyElseUses) {
    sql().exec("CREATE SCHEMA tenon; CREATE TABLE tenon.of_a_carpenter (x int)");
    const auto refused = refusal_of(migrator());
    EXPECT_EQ(refused.code, ErrorCode::conflict);
    EXPECT_THAT(refused.detail, HasSubstr("holds 1 objects that are not tenon's"));
    EXPECT_EQ(sql().value("SELECT to_regclass('tenon.a')"), "NULL");
}

TEST_F(MigratorTest, WorksInAnEmptySchemaWithoutTheRightToCreateSchemas) {
    const auto role = database_.name() + "_owner";
    sql().exec("CREATE ROLE " + role + " LOGIN; CREATE SCHEMA tenon AUTHORIZATION " + role);
    Migrator restricted({.conninfo = database_.conninfo() + " user=" + role}, two_migrations);
    EXPECT_THAT(restricted.migrate(), ElementsAre(1, 2));
    sql().exec("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(MigratorTest, ConcurrentHostsApplyEachMigrationOnce) {
    constexpr std::array slow{
        Migration{1, "slow", "c1", "SELECT pg_sleep(0.05); CREATE TABLE tenon.a (x int);"},
        Migration{2, "second", "c2", "CREATE TABLE tenon.b (x int);"},
    };
    std::array<std::vector<int>, 4> applied;
    {
        std::vector<std::jthread> hosts;
        for (auto& mine : applied) {
            hosts.emplace_back([&] { mine = migrator(slow).migrate(); });
        }
    }
    std::vector<int> all;
    for (const auto& mine : applied) {
        all.insert(all.end(), mine.begin(), mine.end());
    }
    EXPECT_THAT(all, ElementsAre(1, 2)) << "one host applied both, the others none";
}

TEST_F(MigratorTest, GivesUpItsPlaceInTheLockQueueAndTriesAgain) {
    migrator(std::span(two_migrations).first(1)).migrate();
    constexpr std::array altering{
        two_migrations[0],
        Migration{2, "alter", "c2", "ALTER TABLE tenon.a ADD COLUMN y int;"},
    };
    SqlSession reader(database_.conninfo());
    reader.exec("BEGIN; SELECT * FROM tenon.a");
    int waits = 0;
    const Migrator patient(
        {.conninfo = database_.conninfo(),
         .log =
             [&](std::string_view line) {
                 if (line.find("waits for locks") != std::string_view::npos && ++waits == 2) {
                     reader.exec("COMMIT");
                 }
             },
         .lock_timeout = 20ms},
        altering
    );
    EXPECT_THAT(patient.migrate(), ElementsAre(2));
    EXPECT_EQ(waits, 2);
}

TEST_F(MigratorTest, SaysWhoHoldsItUpWhenTheWaitIsOver) {
    SqlSession other(database_.conninfo());
    other.exec("SELECT pg_advisory_lock(499917942638)");
    const Migrator hasty(
        {.conninfo = database_.conninfo(), .log = {}, .wait_limit = 50ms}, two_migrations
    );
    const auto refused = refusal_of(hasty);
    EXPECT_EQ(refused.code, ErrorCode::unavailable);
    EXPECT_THAT(refused.detail, HasSubstr("another host has been migrating"));
}

TEST_F(MigratorTest, TheEmbeddedMigrationsTouchOnlyTheirTwoSchemas) {
    constexpr auto census =
        "SELECT string_agg(DISTINCT n.nspname, ',' ORDER BY n.nspname) FROM pg_depend d "
        "JOIN pg_namespace n ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid "
        "WHERE d.objid >= 16384";
    const auto before = sql().value(census);
    Migrator({.conninfo = database_.conninfo()}).migrate();
    EXPECT_EQ(sql().value(census), before == "NULL" ? "pgmq,tenon" : before + ",pgmq,tenon");
}

}  // namespace
}  // namespace tenon::database
