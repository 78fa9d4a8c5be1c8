#include "database/repositories/operations/crash_repository.hpp"
#include "database/sql_error.hpp"
#include "foundation/error.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using testing::failed;
using ::testing::HasSubstr;
using testing::restless;
using testing::step;
using testing::TestHost;
using testing::workflow;

/// Steps that take their process down: a runner, of which their host tells, or the host itself, of
/// which its next start tells.
class StepCrashes : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};
    database::CrashRepository crashes{pool()};

    static StepFailure crash() {
        auto failure = testing::ordinary_failure();
        failure.message = "it ended its runner: SIGSEGV";
        failure.error_code = "plugin_crashed";
        failure.retryable = true;
        return failure;
    }

    TaskId submit_restless(std::int32_t max_attempts = 10) {
        enroll(workflow("restless", {restless("a", max_attempts)}));
        return submit("restless");
    }

    /// Claims the only step and crashes in it.
    void crash_once() {
        host.settle({failed(host.claim(1).at(0), crash())});
        release_all();
    }

    /// Another host claims the step and dies in it, as the report says that follows.
    void lose_host_in(TaskId task, std::int32_t attempt, bool reported_first) {
        TestHost doomed(conninfo());
        ASSERT_EQ(doomed.claim(1).at(0).attempt, attempt);
        doomed.die();
        await_death(doomed);
        if (reported_first) {
            EXPECT_TRUE(report(task, attempt));
        }
        host.presence().rescue(host.id());
        if (!reported_first) {
            EXPECT_TRUE(report(task, attempt));
        }
    }

    bool report(TaskId task, std::int32_t attempt) {
        return crashes.report(
            {.step_uuid = step_id(task, StepNo{1}).to_string(),
             .attempt = attempt,
             .sha256 = std::string(64, 'a'),
             .what = "host 7 died of SIGSEGV"}
        );
    }

    std::string dead_letters() {
        return sql().value(
            "SELECT coalesce(string_agg(dlq_reason, ', ' ORDER BY dlq_at), 'none') "
            "FROM tenon.tasks_dlq"
        );
    }

    std::string counted() { return sql().value("SELECT count(*) FROM tenon.step_crashes"); }
};

TEST_F(StepCrashes, OfRunnersAreCountedAndTheSecondIsTheLast) {
    const auto task = submit_restless();
    crash_once();
    EXPECT_EQ(step_states(task), "enqueued");
    EXPECT_EQ(of_step(task, 1, "s.failure ->> 'error_code'"), "plugin_crashed");
    crash_once();
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(task_state(task), "blocked_by_failures");
    EXPECT_EQ(of_step(task, 1, "s.failure ->> 'error_code'"), "POISON_STEP");
    EXPECT_EQ(
        of_step(task, 1, "s.failure ->> 'message'"),
        "it crashed 2 times and is not tried again; the last time: it ended its runner: SIGSEGV"
    );
    EXPECT_EQ(dead_letters(), "poison_step");
    EXPECT_EQ(counted(), "2");
    expect_legal_transitions();
}

TEST_F(StepCrashes, OfOtherFailuresNoneIsCounted) {
    const auto task = submit_restless();
    for (int i = 0; i < 4; ++i) {
        host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
        release_all();
    }
    EXPECT_EQ(step_states(task), "enqueued");
    EXPECT_EQ(counted(), "0");
}

TEST_F(StepCrashes, InBetweenOtherFailuresAddUp) {
    const auto task = submit_restless();
    crash_once();
    host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
    release_all();
    EXPECT_EQ(step_states(task), "enqueued");
    crash_once();
    EXPECT_EQ(step_states(task), "error");
}

TEST_F(StepCrashes, AreToleratedAsOftenAsWasSaid) {
    crashes.set_poison_after(3);
    const auto task = submit_restless();
    crash_once();
    crash_once();
    EXPECT_EQ(step_states(task), "enqueued");
    crash_once();
    EXPECT_EQ(step_states(task), "error");
    EXPECT_THROW(crashes.set_poison_after(0), database::SqlError);
}

TEST_F(StepCrashes, ThatUseUpTheAttemptsAreOrdinaryFailures) {
    const auto task = submit_restless(1);
    crash_once();
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(of_step(task, 1, "s.failure ->> 'error_code'"), "plugin_crashed");
    EXPECT_EQ(dead_letters(), "max_retries_exceeded");
}

TEST_F(StepCrashes, AreForgottenWhenTheStepBeginsAnew) {
    const auto task = submit_restless();
    crash_once();
    crash_once();
    sql().value("SELECT tenon.redrive_task($1, 'me', NULL)", {task.to_string()});
    EXPECT_EQ(counted(), "0");
    crash_once();
    EXPECT_EQ(step_states(task), "enqueued") << "it is the first again";
    crash_once();
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(dead_letters(), "poison_step, poison_step");
}

TEST_F(StepCrashes, OfHostsAreKnownBeforeTheirStepsAreRescued) {
    const auto task = submit_restless();
    lose_host_in(task, 1, true);
    EXPECT_EQ(step_states(task), "enqueued");
    lose_host_in(task, 2, true);
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(task_state(task), "blocked_by_failures");
    EXPECT_EQ(of_step(task, 1, "s.failure ->> 'error_code'"), "POISON_STEP");
    EXPECT_THAT(of_step(task, 1, "s.failure ->> 'message'"), HasSubstr("host 7 died of SIGSEGV"));
    EXPECT_EQ(dead_letters(), "poison_step");
    EXPECT_EQ(
        sql().value("SELECT string_agg(DISTINCT sha256, '') FROM tenon.step_crashes"),
        std::string(64, 'a')
    );
    expect_legal_transitions();
}

// In a fleet another host may be quicker than the start of the one that crashed.
TEST_F(StepCrashes, OfHostsMayBeReportedAfterTheRescue) {
    const auto task = submit_restless();
    lose_host_in(task, 1, false);
    lose_host_in(task, 2, false);
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(task_state(task), "blocked_by_failures");
    EXPECT_EQ(of_step(task, 1, "s.failure ->> 'error_code'"), "POISON_STEP");
    EXPECT_EQ(dead_letters(), "poison_step");
    EXPECT_TRUE(host.claim(1).empty()) << "its message finds nobody";
    expect_legal_transitions();
}

TEST_F(StepCrashes, OfAHostInTheLastAttemptSayWhatHappened) {
    const auto task = submit_restless(1);
    lose_host_in(task, 1, true);
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(of_step(task, 1, "s.failure ->> 'error_code'"), "plugin_crashed");
    EXPECT_EQ(of_step(task, 1, "s.failure ->> 'message'"), "host 7 died of SIGSEGV");
    EXPECT_EQ(dead_letters(), "max_retries_exceeded");
}

TEST_F(StepCrashes, CountOnceHoweverOftenTheyAreReported) {
    const auto task = submit_restless();
    lose_host_in(task, 1, true);
    EXPECT_TRUE(report(task, 1));
    EXPECT_TRUE(report(task, 1));
    EXPECT_EQ(counted(), "1");
    EXPECT_EQ(step_states(task), "enqueued");
}

TEST_F(StepCrashes, OfAttemptsThatNeverWereAreNoneOfOurs) {
    const auto task = submit_restless();
    EXPECT_FALSE(report(task, 1)) << "nobody claimed it yet";
    EXPECT_FALSE(report(TaskId::parse("0192f0c1-0000-7000-8000-000000000000"), 1));
    EXPECT_EQ(counted(), "0");
    EXPECT_THROW(
        crashes.report({.step_uuid = "nonsense", .attempt = 1, .sha256 = "", .what = ""}), Exception
    );
}

// A step that a host finished although it is said to have crashed there is finished.
TEST_F(StepCrashes, ReportedOfAStepThatIsDoneChangeNothing) {
    const auto task = submit_restless();
    host.work_off();
    EXPECT_TRUE(report(task, 1));
    EXPECT_EQ(step_states(task), "complete");
    EXPECT_EQ(task_state(task), "complete");
}

}  // namespace
}  // namespace tenon
