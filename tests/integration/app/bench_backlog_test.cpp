// A backlog is like what hosts leave behind: every row as they write it, and nothing of it that
// they would have to put in order.

#include "app/bench/surroundings/backlog.hpp"
#include "app/bench/surroundings/held_snapshot.hpp"
#include "database/connection_pool.hpp"
#include "database/repositories/template_repository.hpp"
#include "orchestration/services/templates/template_registration_service.hpp"
#include "support/audit.hpp"
#include "support/child_program.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tenon::app {
namespace {

class BenchBacklog : public testing::DatabaseTest {
protected:
    void fill(const std::string& text) {
        const testing::TemporaryDirectory folder;
        std::ofstream(folder.path() + "/backlog.yaml") << Backlog::template_yaml();
        database::ConnectionPool pool(
            {.conninfo = conninfo(), .size = 1, .application_name = "test"}
        );
        database::TemplateRepository templates(pool);
        orchestration::TemplateRegistrationService(templates).register_folder(folder.path());
        Backlog::parse(text).fill(conninfo(), [this](double share) { most_ = share; });
    }

    double most_ = 0;
};

TEST_F(BenchBacklog, HoldsAsManyTasksAndStepsAsItSays) {
    fill("open:101,settled:4000");
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.tasks WHERE NOT tenon.has_ended(state)"), "101"
    );
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.due WHERE due_at > now()"), "51");
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM pgmq.q_bench_backlog_queue WHERE vt <= now()"), "50"
    );
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.all_steps AS s JOIN tenon.all_tasks AS t "
                    "USING (task_uuid) WHERE s.state = 'complete' AND t.state = 'complete'"),
        "4000"
    );
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks_history"), "900");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks_history_default"), "0")
        << "each lies in the period of its day";
    EXPECT_EQ(
        sql().value("SELECT count(*) >= 7 FROM (SELECT DISTINCT tableoid FROM tenon.tasks_history) "
                    "AS p"),
        "t"
    );
}

TEST_F(BenchBacklog, LeavesNothingToPutInOrder) {
    fill("open:100,settled:400");
    const std::string before = sql().value("SELECT count(*) FROM tenon.workflow_step_transitions");
    sql().exec("SELECT * FROM tenon.resume_stale(1)");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_step_transitions"), before);
    EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.q_bench_backlog_queue"), "50");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.due WHERE due_at <= now()"), "0");
    EXPECT_THAT(testing::audit_violations(sql()), ::testing::IsEmpty());
}

using BenchSnapshot = testing::DatabaseTest;

TEST_F(BenchSnapshot, KeepsVacuumFromWhatItSawAsLongAsItIsHeld) {
    constexpr auto held =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name = 'tenon bench' AND backend_xmin IS NOT NULL";
    {
        const HeldSnapshot snapshot(conninfo());
        EXPECT_EQ(sql().value(held), "1");
    }
    EXPECT_TRUE(testing::eventually([&] { return sql().value(held) == "0"; }));
}

}  // namespace
}  // namespace tenon::app
