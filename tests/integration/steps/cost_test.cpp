#include "step_path_fixture.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace tenon {
namespace {

using testing::succeeded;
using testing::TestHost;

/// Costs that do not depend on the machine.
class CostTest : public testing::StepPathTest {
protected:
    void SetUp() override {
        enroll(testing::chain(4));
        for (const auto* table : {"tenon.tasks", "tenon.workflow_steps", "pgmq.q_steps_queue"}) {
            sql().exec(std::string("ALTER TABLE ") + table + " SET (autovacuum_enabled = off)");
        }
    }

    /// Runs everything that is submitted, `batch` steps to a call, with results of a given size.
    std::size_t work_off(TestHost& host, std::int32_t batch, std::size_t result_bytes) {
        const std::string result = '"' + std::string(result_bytes - 2, 'x') + '"';
        std::size_t count = 0;
        auto claims = host.claim(batch);
        while (!claims.empty()) {
            std::vector<SettledStep> settled;
            for (const auto& claim : claims) {
                settled.push_back(succeeded(claim, result));
            }
            count += settled.size();
            claims = host.settle(settled, batch).claimed;
            if (claims.empty()) {
                claims = host.claim(batch);
            }
        }
        return count;
    }
};

TEST_F(CostTest, AChainOfFourTakesOneTransactionToClaimAndOneForEachStep) {
    TestHost host(conninfo());
    const auto task = submit("chain");
    auto claims = host.claim(1);
    for (int step = 1; step <= 4; ++step) {
        ASSERT_EQ(claims.size(), 1U);
        claims = host.settle({succeeded(claims[0])}, 1).claimed;
    }
    EXPECT_EQ(task_state(task), "complete");
    EXPECT_EQ(
        sql().value(
            "SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM tenon.task_transitions "
            "UNION ALL SELECT xmin FROM tenon.workflow_step_transitions) AS t"
        ),
        "6"
    ) << "one transaction to submit, one to claim, four to settle";
}

TEST_F(CostTest, SettlesAreHeapOnlyUpdates) {
    submit_many("chain", 2500);
    {
        TestHost host(conninfo());
        EXPECT_EQ(work_off(host, 64, 80), 10000U);
        host.die();
        await_death(host);
    }
    // A backend reports its statistics when it ends, a moment after it gave up its locks.
    const auto settled =
        "SELECT n_tup_upd >= 17500 FROM pg_stat_user_tables "
        "WHERE relid = 'tenon.workflow_steps'::regclass";
    for (int i = 0; i < 1000 && sql().value(settled) != "t"; ++i) {
        sql().exec("SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)");
    }
    ASSERT_EQ(sql().value(settled), "t");
    const auto share =
        std::stod(sql().value("SELECT n_tup_hot_upd::float8 / n_tup_upd FROM pg_stat_user_tables "
                              "WHERE relid = 'tenon.workflow_steps'::regclass"));
    RecordProperty("hot_share", std::to_string(share));
    std::cout << "heap-only updates of workflow_steps: " << 100 * share << " %\n";
    EXPECT_GE(share, 0.95);
}

TEST_F(CostTest, AStepWritesAtMost1100BytesOfLog) {
    TestHost host(conninfo());
    submit_many("chain", 256);
    work_off(host, 64, 100);
    submit_many("chain", 256);
    // What a page's first change after a checkpoint adds depends on checkpoints, not on steps.
    const auto before = sql().value("SELECT pg_current_wal_insert_lsn()");
    const auto steps = work_off(host, 64, 100);
    const auto bytes =
        std::stod(sql().value("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)", {before}));
    ASSERT_EQ(steps, 1024U);
    const auto share = bytes / static_cast<double>(steps);
    std::cout << "write-ahead log: " << share << " bytes a step\n";
    EXPECT_LE(share, 1100);
    EXPECT_GT(share, 100) << "the measurement is broken";
}

}  // namespace
}  // namespace tenon
