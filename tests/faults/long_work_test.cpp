// Steps that take longer than a call, a time limit or a host's life: they yield at checkpoints, and
// beat while they work.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace tenon::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Pair;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using SystemClock = std::chrono::system_clock;

class LongWork : public DatabaseTest {
protected:
    std::unique_ptr<HostProcess> host(std::vector<std::string> more = {}) {
        return start_host(
            {.database_url = conninfo(),
             .plugins = SlowWorkflows::plugins(),
             .templates = slow_.templates(),
             .more = std::move(more)}
        );
    }

    std::string submit(const std::string& name, const std::string& fields) {
        return sql().value(
            "SELECT tenon.submit('slow', $1, $2::json)",
            {name, R"({"journal": ")" + slow_.journal() + R"(", )" + fields + "}"}
        );
    }

    /// One expression over the row of the task's only step.
    std::string of_step(const std::string& task, const std::string& expression) {
        return sql().value(
            "SELECT " + expression + " FROM tenon.workflow_steps WHERE task_uuid = $1", {task}
        );
    }

    bool await_state(const std::string& task, const std::string& state) {
        return eventually([&] { return of_step(task, "state") == state; });
    }

    const SlowWorkflows slow_;
};

class LongWorkInProfile : public LongWork, public ::testing::WithParamInterface<const char*> {
protected:
    std::vector<std::string> profile() const { return {"--profile", GetParam()}; }
};

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    LongWorkInProfile,
    ::testing::Values("direct", "queued"),
    [](const auto& info) { return info.param; }
);

TEST_P(LongWorkInProfile, IsDoneInChunksThatCountNoAttempts) {
    const auto worker = host(profile());
    const auto task = submit("count", R"("total": 1000, "chunk": 90, "ms": 0)");
    EXPECT_TRUE(await_state(task, "complete")) << of_step(task, "failure") << worker->log();
    EXPECT_EQ(of_step(task, "result"), "[500500,1,12]") << "the sum, the attempt, the calls";
    EXPECT_EQ(of_step(task, "attempts - yields"), "1");
    EXPECT_EQ(of_step(task, "yields"), "11");
    EXPECT_THAT(slow_.starts(), SizeIs(12));
    EXPECT_THAT(slow_.starts(), Each(Pair(::testing::_, 1))) << "a chunk was done twice";
    EXPECT_TRUE(eventually([&] { return task_state(sql(), task) == "complete"; }));
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_P(LongWorkInProfile, GoesOnAtTheLastCheckpointAfterAHostWasKilled) {
    auto worker = host(profile());
    const auto task = submit("count", R"("total": 1000, "chunk": 100, "ms": 150)");
    ASSERT_TRUE(eventually([&] { return slow_.start_count() >= 4; })) << worker->log();
    worker->kill_hard();
    const auto before = slow_.starts();
    worker = host(profile());
    EXPECT_TRUE(await_state(task, "complete")) << of_step(task, "failure") << worker->log();
    EXPECT_EQ(of_step(task, "result ->> 0"), "500500");
    EXPECT_EQ(of_step(task, "result ->> 2"), "10") << "each of ten chunks went into the sum once";
    // Killed within the call, it cost an attempt; between two calls, it did not.
    EXPECT_EQ(of_step(task, "result ->> 1"), of_step(task, "attempts - yields"));
    EXPECT_LE(std::stoi(of_step(task, "attempts - yields")), 2);
    EXPECT_THAT(slow_.starts(), SizeIs(10));
    EXPECT_THAT(slow_.starts(), Each(Pair(::testing::_, AllOf(Ge(1), Le(2)))));
    EXPECT_LE(slow_.start_count(), 11) << "more than the chunk under way was repeated";
    EXPECT_GE(before.size(), 4U);
    EXPECT_LT(before.size(), 10U) << "the kill came too late to prove anything";
    EXPECT_TRUE(eventually([&] { return task_state(sql(), task) == "complete"; }));
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(LongWork, SavesItsCheckpointsAlthoughConnectionsBreak) {
    const auto worker = host();
    const auto task = submit("count", R"("total": 4000, "chunk": 100, "ms": 20)");
    ASSERT_TRUE(eventually([&] { return slow_.start_count() > 0; })) << worker->log();
    int broken = 0;
    EXPECT_TRUE(eventually([&] {
        // Any moment of a chunk; nothing is waited for.
        std::this_thread::sleep_for(100ms);
        broken += std::stoi(
            sql().value("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND application_name = 'tenon pool'")
        );
        return of_step(task, "state") == "complete";
    })) << worker->log();
    EXPECT_GE(broken, 5) << "nothing was disturbed";
    EXPECT_EQ(of_step(task, "result"), "[8002000,1,40]") << "no attempt failed";
    EXPECT_THAT(slow_.starts(), SizeIs(40));
    EXPECT_THAT(slow_.starts(), Each(Pair(::testing::_, 1)));
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(LongWork, ThatBeatsMayTakeLongerThanItsTimeLimit) {
    const auto worker = host();
    const auto task = submit("beating", R"("ms": 2500)");
    EXPECT_TRUE(eventually([&] {
        return sql().value(
                   "SELECT tenon.task_document($1) #>> '{steps,0,progress,message}'", {task}
               ) == "still at it";
    }));
    const auto fraction = std::stod(
        sql().value("SELECT tenon.task_document($1) #>> '{steps,0,progress,fraction}'", {task})
    );
    EXPECT_GE(fraction, 0);
    EXPECT_LT(fraction, 1);
    EXPECT_TRUE(eventually([&] { return of_step(task, "state") != "in_progress"; }));
    EXPECT_TRUE(await_state(task, "complete")) << of_step(task, "failure") << worker->log();
    EXPECT_GE(std::stoi(of_step(task, "execution_us")), 2'500'000) << "its limit is 1 s";
    EXPECT_EQ(
        sql().value(
            "SELECT coalesce(tenon.task_document($1) #>> '{steps,0,progress}', 'none')", {task}
        ),
        "none"
    ) << "what is done has no progress";
    EXPECT_LE(
        std::stoi(sql().value(
            "SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'step_progress'"
        )),
        4
    ) << "500 beats in 2.5 s are at most one write a second";
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(LongWork, ThatStopsBeatingEndsAtItsTimeLimit) {
    const auto worker = host();
    const auto task = submit("beating", R"("ms": 1500, "then_silent": true)");
    EXPECT_TRUE(await_state(task, "error")) << worker->log();
    EXPECT_EQ(of_step(task, "failure ->> 'error_code'"), "handler_timeout");
    const auto took = std::stoi(of_step(task, "execution_us"));
    EXPECT_GE(took, 2'400'000) << "1 s after its last beat";
    EXPECT_LE(took, 3'000'000);
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(LongWork, ThatBeatsForeverEndsWithinATenthOfASecondOfACancel) {
    const auto worker = host();
    const auto task = submit("beating", R"("ms": 600000)");
    ASSERT_TRUE(eventually([&] { return slow_.start_count() == 1; })) << worker->log();
    const auto asked_at = SystemClock::now();
    sql().rows("SELECT tenon.cancel_tasks(ARRAY[$1]::uuid[], 'test', 'no need')", {task});
    EXPECT_TRUE(await_state(task, "cancelled")) << worker->log();
    ASSERT_THAT(slow_.stops(), SizeIs(1));
    const auto waited = slow_.stops().begin()->second - asked_at;
    EXPECT_LE(std::chrono::duration_cast<std::chrono::milliseconds>(waited).count(), 100);
    EXPECT_EQ(worker->stop(), 0) << worker->log();
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
