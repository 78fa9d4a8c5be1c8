// A worker that is no host: the example script that knows SQL and PGMQ and nothing else.

#include "database/embedded/server_binaries.hpp"
#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ForeignWorker : public DatabaseTest {};

TEST_F(ForeignWorker, OfPlainSqlRunsAWholeDiamond) {
    const auto brain = start_host(
        {.database_url = conninfo(),
         .role = "orchestration",
         .plugins = {},
         .templates = HostProcess::example_templates()}
    );
    const auto server = database::choose_server(database::installed_servers(), std::nullopt, {});
    ChildProgram psql(
        {server.folder / "psql",
         "--no-psqlrc",
         "--dbname",
         conninfo(),
         "--file",
         TENON_SOURCE_DIR "/docs/examples/foreign_worker.sql"}
    );
    ASSERT_EQ(psql.wait(), 0) << psql.err() << brain->log();
    EXPECT_THAT(psql.err(), HasSubstr("diamond_end gives 2821109907456"));

    const auto task = sql().value("SELECT task_uuid FROM tenon.tasks");
    EXPECT_EQ(task_state(sql(), task), "complete") << brain->log();
    EXPECT_EQ(step_results(sql(), task), example_workflows().at(1).results);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE attempts = 1"), "4");
    EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.q_diamond_workflow_queue"), "0");
    EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.q_orchestration_step_results"), "0");
    EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.a_orchestration_step_results"), "0");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
