// A host on somebody else's server keeps to its own two schemas.

#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

namespace tenon::testing {
namespace {

using ::testing::ElementsAreArray;
using ::testing::Not;

/// Everything that a catalog says about objects outside tenon and pgmq, except statistics.
constexpr auto strange_objects = R"sql(
    WITH strange AS (
        SELECT n.oid FROM pg_namespace n
        WHERE n.nspname NOT IN ('tenon', 'pgmq', 'pg_toast') AND n.nspname NOT LIKE 'pg_temp%'
              AND n.nspname NOT LIKE 'pg_toast_temp%'
    )
    SELECT concat_ws(' ', 'namespace', n.oid, n.nspname, n.nspowner, n.nspacl)
    FROM pg_namespace n JOIN strange USING (oid)
    UNION ALL
    SELECT concat_ws(' ', 'relation', c.oid, c.relname, c.relowner, c.relacl, c.relkind, c.relnatts,
                     c.reloptions)
    FROM pg_class c JOIN strange s ON s.oid = c.relnamespace
    UNION ALL
    SELECT concat_ws(' ', 'function', p.oid, p.proname, md5(p.prosrc), p.proacl, p.proconfig)
    FROM pg_proc p JOIN strange s ON s.oid = p.pronamespace
    UNION ALL
    SELECT concat_ws(' ', 'type', t.oid, t.typname, t.typowner, t.typacl)
    FROM pg_type t JOIN strange s ON s.oid = t.typnamespace
    UNION ALL
    SELECT concat_ws(' ', 'trigger', t.oid, t.tgname, t.tgenabled)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN strange s ON s.oid = c.relnamespace
    UNION ALL
    SELECT concat_ws(' ', 'extension', e.oid, e.extname, e.extversion) FROM pg_extension e
    UNION ALL
    SELECT concat_ws(' ', 'event trigger', e.oid, e.evtname) FROM pg_event_trigger e
    UNION ALL
    SELECT concat_ws(' ', 'cast', c.oid, c.castsource, c.casttarget) FROM pg_cast c
    UNION ALL
    SELECT concat_ws(' ', 'database', d.oid, d.datname, d.datacl, d.datconnlimit) FROM pg_database d
    UNION ALL
    SELECT concat_ws(' ', 'role', r.oid, r.rolname, r.rolsuper, r.rolconfig) FROM pg_roles r
    UNION ALL
    SELECT concat_ws(' ', 'setting', s.setdatabase, s.setrole, s.setconfig)
    FROM pg_db_role_setting s
    ORDER BY 1)sql";

std::vector<std::string> picture(SqlSession& sql) {
    std::vector<std::string> lines;
    for (const auto& row : sql.rows(strange_objects)) {
        lines.push_back(row.front().value());
    }
    return lines;
}

constexpr auto shop = R"sql(
    CREATE SCHEMA shop;
    CREATE TABLE shop.orders (id bigint PRIMARY KEY, note text);
    INSERT INTO shop.orders SELECT i, 'note ' || i FROM generate_series(1, 100) AS i;
    CREATE FUNCTION shop.tasks() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM shop.orders';
    CREATE TABLE public.tasks (id bigint);
    CREATE TABLE public.workflow_steps (id bigint))sql";

TEST(Neighbours, AreNotTouched) {
    TestDatabase used(TestDatabase::Content::empty);
    TestDatabase other(TestDatabase::Content::empty);
    used.sql().exec(shop);
    other.sql().exec(shop);
    const auto used_before = picture(used.sql());
    const auto other_before = picture(other.sql());
    ASSERT_THAT(used_before, Not(::testing::IsEmpty()));

    auto host =
        start_host({.database_url = used.conninfo(), .templates = HostProcess::example_templates()}
        );
    submit_burst(used.sql(), 5);
    EXPECT_TRUE(eventually([&] { return open_tasks(used.sql()) == 0; }));
    EXPECT_EQ(host->stop(), 0) << host->log();

    EXPECT_THAT(picture(used.sql()), ElementsAreArray(used_before));
    EXPECT_THAT(picture(other.sql()), ElementsAreArray(other_before));
    EXPECT_EQ(used.sql().value("SELECT shop.tasks()"), "100");
    EXPECT_EQ(used.sql().value("SELECT count(*) FROM public.tasks"), "0");
    EXPECT_EQ(
        other.sql().value("SELECT count(*) FROM pg_namespace WHERE nspname IN ('tenon', 'pgmq')"),
        "0"
    );
}

// The picture would show it.
TEST(Neighbours, WouldShowAChange) {
    TestDatabase database(TestDatabase::Content::empty);
    database.sql().exec(shop);
    const auto before = picture(database.sql());
    for (const auto* change :
         {"CREATE TABLE public.more (id bigint)",
          "CREATE OR REPLACE FUNCTION shop.tasks() RETURNS "
          "bigint LANGUAGE sql AS 'SELECT 0::bigint'",
          "GRANT SELECT ON shop.orders TO PUBLIC"}) {
        database.sql().exec("BEGIN");
        database.sql().exec(change);
        EXPECT_THAT(picture(database.sql()), Not(ElementsAreArray(before))) << change;
        database.sql().exec("ROLLBACK");
    }
}

}  // namespace
}  // namespace tenon::testing
