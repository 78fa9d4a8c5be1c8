#include "sql/api_keys.hpp"
#include "sql/bench.hpp"
#include "sql/bench_backlog.hpp"
#include "sql/dead_letters.hpp"
#include "sql/hosts.hpp"
#include "sql/inspection.hpp"
#include "sql/maintenance.hpp"
#include "sql/orchestration.hpp"
#include "sql/overview.hpp"
#include "sql/queues.hpp"
#include "sql/repairs.hpp"
#include "sql/schema_migrations.hpp"
#include "sql/sessions.hpp"
#include "sql/steps.hpp"
#include "sql/tasks.hpp"
#include "sql/templates.hpp"
#include "support/postgres.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tenon::database {
namespace {

class QueriesTest : public testing::DatabaseTest {
protected:
    void expect_prepares(const auto& queries) {
        for (const sql::Query& query : queries) {
            if (query.name == "schema_migrations.create_record") {
                continue;  // Several statements, which only its migrator runs.
            }
            if (query.name == "bench.hold_snapshot" || query.name == "bench_backlog.settle_down" ||
                query.name == "bench_backlog.write_out") {
                continue;  // PostgreSQL prepares no statement of this kind.
            }
            EXPECT_NO_THROW(
                this->sql().exec("DEALLOCATE ALL; PREPARE q AS " + std::string(query.text))
            ) << query.name;
        }
    }
};

TEST_F(QueriesTest, EveryQueryFitsTheMigratedSchema) {
    // Some functions exist from the first namespace on.
    sql().exec("INSERT INTO tenon.task_namespaces (name) VALUES ('some')");
    sql().exec("SELECT pgmq.create('some_queue'), tenon.make_queue_functions()");
    expect_prepares(sql::bench::all);
    expect_prepares(sql::bench_backlog::all);
    expect_prepares(sql::api_keys::all);
    expect_prepares(sql::dead_letters::all);
    expect_prepares(sql::hosts::all);
    expect_prepares(sql::inspection::all);
    expect_prepares(sql::maintenance::all);
    expect_prepares(sql::orchestration::all);
    expect_prepares(sql::overview::all);
    expect_prepares(sql::queues::all);
    expect_prepares(sql::repairs::all);
    expect_prepares(sql::schema_migrations::all);
    expect_prepares(sql::sessions::all);
    expect_prepares(sql::steps::all);
    expect_prepares(sql::tasks::all);
    expect_prepares(sql::templates::all);
}

}  // namespace
}  // namespace tenon::database
