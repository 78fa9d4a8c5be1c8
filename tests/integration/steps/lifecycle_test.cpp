#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using testing::failed;
using ::testing::HasSubstr;
using testing::step;
using testing::succeeded;
using testing::TestHost;
using testing::workflow;
using namespace std::chrono_literals;

/// Limits of a template's lifecycle. Time is made to pass by moving what is on record back.
class LifecycleTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    /// A task of two steps in a row, with these limits.
    TaskId submit_limited(Lifecycle lifecycle) {
        auto source = workflow("limited", {step("a"), step("b", {"a"})});
        source.lifecycle = lifecycle;
        enroll(source);
        return submit("limited");
    }

    /// As if everything had happened that much earlier; then looks at what is due.
    void pass(const std::string& time) {
        for (const std::string change :
             {"tasks SET created_at = created_at - $1::interval",
              "workflow_steps SET settled_at = settled_at - $1::interval",
              "task_transitions SET at = at - $1::interval",
              "workflow_step_transitions SET at = at - $1::interval",
              "due SET due_at = due_at - $1::interval"}) {
            sql().rows("UPDATE tenon." + change, {time});
        }
        sql().exec("SELECT tenon.release_due(1000)");
    }

    std::string dead_letters() {
        return sql().value(
            "SELECT coalesce(string_agg(concat_ws(' ', dlq_reason, original_state, "
            "resolution_status), ', ' ORDER BY dlq_at), 'none') FROM tenon.tasks_dlq"
        );
    }

    std::string looks() { return sql().value("SELECT count(*) FROM tenon.due WHERE step_no = 0"); }
};

TEST_F(LifecycleTest, WithoutLimitsNothingEverFailsForItsAge) {
    const auto task = submit_limited({});
    EXPECT_EQ(looks(), "0");
    pass("10 years");
    EXPECT_EQ(task_state(task), "steps_in_process");
    EXPECT_EQ(dead_letters(), "none");
    EXPECT_EQ(host.work_off(), 2U);
    EXPECT_EQ(task_state(task), "complete");
}

TEST_F(LifecycleTest, ATaskThatIsTooOldBecomesADeadLetterAndGoesOn) {
    const auto task = submit_limited({.max_duration = 5min});
    pass("4 minutes");
    EXPECT_EQ(dead_letters(), "none") << "not before its time";
    pass("70 seconds");
    EXPECT_EQ(dead_letters(), "staleness_timeout steps_in_process pending");
    EXPECT_THAT(
        sql().value("SELECT notes FROM tenon.tasks_dlq"), HasSubstr("max_duration_minutes 5")
    );
    EXPECT_EQ(task_state(task), "steps_in_process");
    pass("6 minutes");
    EXPECT_EQ(dead_letters(), "staleness_timeout steps_in_process pending")
        << "one entry is enough";
    EXPECT_EQ(host.work_off(), 2U);
    EXPECT_EQ(task_state(task), "complete");
}

TEST_F(LifecycleTest, ATaskMayHaveToEndInErrorWhenItIsTooOld) {
    const auto task =
        submit_limited({.max_duration = 5min, .staleness_action = StalenessAction::error});
    const auto claims = host.claim(1);
    pass("6 minutes");
    EXPECT_EQ(task_state(task), "error");
    EXPECT_EQ(step_states(task), "in_progress error") << "its handler has not answered yet";
    EXPECT_EQ(of_step(task, 2, "s.failure ->> 'error_code'"), "LIFECYCLE_LIMIT");
    EXPECT_THAT(of_step(task, 2, "s.failure ->> 'message'"), HasSubstr("max_duration_minutes 5"));
    EXPECT_THAT(dead_letters(), HasSubstr("staleness_timeout steps_in_process"));
    EXPECT_EQ(looks(), "0");

    host.settle({succeeded(claims.at(0))}, 1);
    EXPECT_EQ(step_states(task), "complete error") << "what was done is on record";
    EXPECT_EQ(task_state(task), "error");
    EXPECT_EQ(host.work_off(), 0U);
    expect_legal_transitions();
}

TEST_F(LifecycleTest, ATaskThatMayGrowOldIsLeftAlone) {
    const auto task =
        submit_limited({.max_duration = 5min, .staleness_action = StalenessAction::none});
    pass("6 minutes");
    EXPECT_EQ(dead_letters(), "none");
    EXPECT_EQ(task_state(task), "steps_in_process");
}

TEST_F(LifecycleTest, AStepThatNobodyTakesIsSaidToLackAWorker) {
    submit_limited({.max_steps_in_process = 5min});
    pass("6 minutes");
    EXPECT_EQ(dead_letters(), "worker_unavailable steps_in_process pending");
}

TEST_F(LifecycleTest, AStepInProgressForTooLongIsStale) {
    submit_limited({.max_steps_in_process = 5min});
    pass("4 minutes");
    host.claim(1);
    pass("4 minutes");
    EXPECT_EQ(dead_letters(), "none") << "the claim was a change, four minutes ago";
    pass("2 minutes");
    EXPECT_EQ(dead_letters(), "staleness_timeout steps_in_process pending");
}

TEST_F(LifecycleTest, AStepMayWaitTooLongForItsRetry) {
    auto source = workflow("patient", {step("a"), step("b", {"a"})});
    source.steps[0].retry = {
        .max_attempts = 5, .backoff = Backoff::linear, .backoff_base = 50min, .max_backoff = 60min
    };
    source.lifecycle = {.max_waiting_for_retry = 5min, .staleness_action = StalenessAction::error};
    enroll(source);
    const auto task = submit("patient");
    host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
    ASSERT_EQ(step_states(task), "waiting_for_retry pending");
    pass("4 minutes");
    EXPECT_EQ(task_state(task), "steps_in_process");
    pass("2 minutes");
    EXPECT_EQ(task_state(task), "error");
    EXPECT_EQ(step_states(task), "error error");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.due"), "0") << "nothing of it falls due";
    EXPECT_THAT(dead_letters(), HasSubstr("staleness_timeout"));
    expect_legal_transitions();
}

TEST_F(LifecycleTest, ABlockedTaskMayWaitTooLongForSomebody) {
    auto source = workflow("blocked", {testing::restless("a", 1), step("b", {"a"})});
    source.lifecycle = {
        .max_waiting_for_dependencies = 5min, .staleness_action = StalenessAction::error
    };
    enroll(source);
    const auto task = submit("blocked");
    host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
    ASSERT_EQ(task_state(task), "blocked_by_failures");
    EXPECT_EQ(dead_letters(), "max_retries_exceeded blocked_by_failures pending");
    pass("6 minutes");
    EXPECT_EQ(task_state(task), "error");
    expect_legal_transitions();
}

TEST_F(LifecycleTest, ATaskThatEndedInTimeIsLookedAtNoMore) {
    const auto task =
        submit_limited({.max_duration = 5min, .staleness_action = StalenessAction::error});
    host.work_off();
    ASSERT_EQ(task_state(task), "complete");
    pass("6 minutes");
    EXPECT_EQ(task_state(task), "complete");
    EXPECT_EQ(dead_letters(), "none");
    EXPECT_EQ(looks(), "0");
}

TEST_F(LifecycleTest, ARedrivenTaskHasItsLimitsAgain) {
    const auto task =
        submit_limited({.max_duration = 5min, .staleness_action = StalenessAction::error});
    pass("6 minutes");
    ASSERT_EQ(task_state(task), "error");
    EXPECT_EQ(sql().value("SELECT tenon.redrive_task($1, 'me', 'again')", {task.to_string()}), "2");
    EXPECT_EQ(task_state(task), "steps_in_process");
    EXPECT_EQ(step_states(task), "enqueued pending");
    EXPECT_EQ(looks(), "1");
    EXPECT_EQ(host.work_off(), 2U);
    EXPECT_EQ(task_state(task), "complete");
    expect_legal_transitions();
}

}  // namespace
}  // namespace tenon
