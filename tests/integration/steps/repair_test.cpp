#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using testing::failed;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::restless;
using testing::step;
using testing::succeeded;
using testing::TestHost;
using testing::workflow;

/// What operators do to steps, in whatever state they are.
class RepairTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    void TearDown() override { expect_legal_transitions(); }

    /// One of reset_step, resolve_step; the task's state, or the SQLSTATE and the sentence.
    std::string repair(const std::string& function, TaskId task, StepNo number) {
        return call("SELECT tenon." + function + "($1, 'me', 'because')", task, number);
    }

    std::string complete(TaskId task, StepNo number, const std::string& result) {
        return call("SELECT tenon.complete_step($1, '" + result + "', 'me', NULL)", task, number);
    }

    std::string call(const std::string& statement, TaskId task, StepNo number) {
        try {
            return sql().value(statement, {step_id(task, number).to_string()});
        } catch (const testing::StatementRefused& refused) {
            return refused.sqlstate() + " " + refused.what();
        }
    }

    std::string redrive(TaskId task) {
        try {
            return sql().value("SELECT tenon.redrive_task($1, 'me', NULL)", {task.to_string()});
        } catch (const testing::StatementRefused& refused) {
            return refused.sqlstate() + " " + refused.what();
        }
    }

    std::string dependencies_seen(const std::vector<ClaimedStep>& claims) {
        std::string seen;
        for (const auto& dependency : claims.at(0).dependencies) {
            seen += std::to_string(dependency.step_no) + "=" + dependency.json + " ";
        }
        return seen;
    }
};

TEST_F(RepairTest, AnEnqueuedStepThatIsCompletedIsNotRun) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    EXPECT_EQ(complete(task, 1, "42"), "steps_in_process");
    const auto claims = host.claim(5);
    ASSERT_EQ(claims.size(), 1U) << "the message of the first step means nothing any more";
    EXPECT_EQ(claims.at(0).step_no, 2);
    EXPECT_EQ(dependencies_seen(claims), "1=42 ");
    host.succeed(claims, 0);
    EXPECT_EQ(task_state(task), "complete");
}

TEST_F(RepairTest, AStepInProgressThatIsResolvedRefusesItsHandlersResult) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    const auto claims = host.claim(1);
    EXPECT_EQ(repair("resolve_step", task, 1), "steps_in_process");
    const auto reply = host.settle({succeeded(claims.at(0), "1")});
    EXPECT_EQ(reply.refused_results.size(), 1U);
    EXPECT_EQ(step_states(task), "resolved_manually enqueued");
    EXPECT_EQ(of_step(task, 1, "coalesce(s.result::text, 'none')"), "none");
    EXPECT_EQ(host.work_off(), 1U);
    EXPECT_EQ(task_state(task), "complete");
}

// Its dependency completes later, and must neither run it nor unlock its successors twice.
TEST_F(RepairTest, APendingStepThatIsResolvedStaysSo) {
    enroll(testing::chain(3));
    const auto task = submit("chain");
    const auto first = host.claim(1);
    EXPECT_EQ(complete(task, 2, "2"), "steps_in_process");
    EXPECT_EQ(step_states(task), "in_progress complete enqueued");
    const auto third = host.claim(1);
    ASSERT_EQ(third.size(), 1U);
    host.settle({succeeded(third.at(0))});
    EXPECT_EQ(task_state(task), "complete") << "its only last step is";

    host.settle({succeeded(first.at(0))}, 5);
    EXPECT_EQ(step_states(task), "complete complete complete");
    EXPECT_EQ(of_step(task, 2, "s.waiting_on"), "0");
    EXPECT_EQ(of_task(task, "t.waiting_on"), "0");
    EXPECT_THAT(host.claim(5), IsEmpty());
}

// What did not run before the end is not run after it, nor does it go round and round.
TEST_F(RepairTest, ATaskWhoseLastStepIsCompletedByHandIsOver) {
    enroll(testing::chain(3));
    const auto waiting = submit("chain");
    EXPECT_EQ(complete(waiting, 3, "3"), "complete");
    EXPECT_EQ(step_states(waiting), "cancelled cancelled complete");
    EXPECT_THAT(host.claim(5), IsEmpty());
    EXPECT_EQ(queued(), "0");

    const auto taken = submit("chain");
    const auto unstarted = host.claim(1);
    EXPECT_EQ(complete(taken, 3, "3"), "complete");
    host.settle({testing::given_back(unstarted.at(0))});
    EXPECT_EQ(step_states(taken), "cancelled cancelled complete");
    EXPECT_EQ(queued(), "0");

    const auto running = submit("chain");
    const auto claims = host.claim(1);
    EXPECT_EQ(complete(running, 3, "3"), "complete");
    host.settle({succeeded(claims.at(0), "1")}, 5);
    EXPECT_THAT(host.claim(5), IsEmpty());
    EXPECT_EQ(step_states(running), "complete cancelled complete");
    EXPECT_EQ(task_state(running), "complete");
    EXPECT_EQ(of_task(running, "t.waiting_on"), "0");

    const auto doomed = submit("chain");
    const auto attempt = host.claim(1);
    EXPECT_EQ(complete(doomed, 3, "3"), "complete");
    host.settle({failed(attempt.at(0), testing::ordinary_failure())});
    EXPECT_EQ(step_states(doomed), "error cancelled complete");
    EXPECT_EQ(task_state(doomed), "complete") << "an end is an end";

    enroll(workflow("frail", {restless("a", 1), step("b", {"a"})}));
    const auto failing = submit("frail");
    host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
    ASSERT_EQ(task_state(failing), "blocked_by_failures");
    EXPECT_EQ(complete(failing, 2, "2"), "complete");
    EXPECT_EQ(step_states(failing), "error complete");
    EXPECT_EQ(sql().value("SELECT resolution_status FROM tenon.tasks_dlq"), "manually_resolved");
}

TEST_F(RepairTest, AStepThatWaitsForItsRetryMayBeSettledAndFallsDueNoMore) {
    auto slow = restless("a", 3);
    slow.retry.backoff = Backoff::linear;
    enroll(workflow("one", {slow}));
    const auto task = submit("one");
    host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
    ASSERT_EQ(step_states(task), "waiting_for_retry");
    EXPECT_EQ(repair("resolve_step", task, 1), "complete");
    EXPECT_EQ(release_all(), "0");
    EXPECT_EQ(step_states(task), "resolved_manually");
    EXPECT_THAT(host.claim(5), IsEmpty());
}

TEST_F(RepairTest, AResetStepGetsAllItsAttemptsAgain) {
    enroll(workflow("one", {restless("a", 2)}));
    const auto task = submit("one");
    for (int round = 0; round < 2; ++round) {
        host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
        release_all();
        const auto last = host.claim(1);
        EXPECT_EQ(last.at(0).attempt, 2);
        host.settle({failed(last.at(0), testing::ordinary_failure())});
        ASSERT_EQ(task_state(task), "blocked_by_failures");
        EXPECT_EQ(repair("reset_step", task, 1), "steps_in_process");
        EXPECT_EQ(of_task(task, "t.failed_steps"), "0");
    }
    const auto claims = host.claim(1);
    EXPECT_EQ(claims.at(0).attempt, 1);
    host.settle({succeeded(claims.at(0), "7")});
    EXPECT_EQ(task_state(task), "complete");
    EXPECT_EQ(of_step(task, 1, "s.result"), "7");
}

// A host that claimed the attempt before the reset must not settle the one after it.
TEST_F(RepairTest, AResultFromBeforeTheResetIsRefused) {
    enroll(workflow("one", {restless("a", 1)}));
    const auto task = submit("one");
    TestHost other(conninfo());
    const auto old = other.claim(1);
    other.settle({failed(old.at(0), testing::ordinary_failure())});
    ASSERT_EQ(task_state(task), "blocked_by_failures");
    repair("reset_step", task, 1);
    const auto fresh = host.claim(1);
    ASSERT_EQ(fresh.size(), 1U);
    EXPECT_EQ(other.settle({succeeded(old.at(0), "1")}).refused_results.size(), 1U);
    EXPECT_EQ(step_states(task), "in_progress");
    host.settle({succeeded(fresh.at(0), "2")});
    EXPECT_EQ(of_step(task, 1, "s.result"), "2");
}

TEST_F(RepairTest, OfAJoinCountsEachDependencyOnce) {
    enroll(testing::fan(3));
    const auto task = submit("fan");
    host.settle({succeeded(host.claim(1).at(0))}, 0);
    ASSERT_EQ(step_states(task), "complete enqueued enqueued enqueued pending");
    EXPECT_EQ(complete(task, 2, "1"), "steps_in_process");
    EXPECT_EQ(repair("resolve_step", task, 3), "steps_in_process");
    EXPECT_EQ(of_step(task, 5, "s.waiting_on"), "1");
    EXPECT_EQ(complete(task, 4, "3"), "steps_in_process");
    const auto claims = host.claim(5);
    ASSERT_EQ(claims.size(), 1U);
    EXPECT_EQ(claims.at(0).step_no, 5);
    host.settle({succeeded(claims.at(0))});
    EXPECT_EQ(task_state(task), "complete");
}

TEST_F(RepairTest, IsRefusedWhereItMakesNoSense) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    EXPECT_THAT(repair("reset_step", task, 1), HasSubstr("TN409"));
    EXPECT_THAT(repair("reset_step", task, 1), HasSubstr("it is enqueued"));
    EXPECT_THAT(repair("reset_step", task, 3), HasSubstr("TN404"));
    EXPECT_THAT(redrive(task), HasSubstr("TN409"));
    EXPECT_THAT(redrive(TaskId::parse("0192f0c1-7a5b-7c3d-8e9f-123456780000")), HasSubstr("TN404"));
    const auto before = everything();
    host.work_off();
    const auto done = everything();
    EXPECT_NE(before, done);
    for (const auto* function : {"reset_step", "resolve_step"}) {
        EXPECT_THAT(repair(function, task, 1), HasSubstr("its task is complete")) << function;
    }
    EXPECT_THAT(complete(task, 1, "1"), HasSubstr("TN409"));
    EXPECT_EQ(everything(), done) << "a refusal changes nothing";
}

TEST_F(RepairTest, ARedriveResetsEveryFailedStepAndNoOther) {
    enroll(workflow(
        "four", {restless("a", 1), restless("b", 1), step("c"), step("d", {"a", "b", "c"})}
    ));
    const auto task = submit("four");
    const auto claims = host.claim(3);
    host.settle(
        {failed(claims.at(0), testing::ordinary_failure()),
         failed(claims.at(1), testing::ordinary_failure()),
         succeeded(claims.at(2), "3")}
    );
    ASSERT_EQ(step_states(task), "error error complete pending");
    EXPECT_EQ(redrive(task), "2");
    EXPECT_EQ(step_states(task), "enqueued enqueued complete pending");
    EXPECT_EQ(host.work_off(), 3U);
    EXPECT_EQ(task_state(task), "complete");
    EXPECT_EQ(of_step(task, 3, "s.attempts"), "1");
}

// Given up with a step still in progress whose result then arrives: counters must not drift.
TEST_F(RepairTest, ARedriveCountsWhatCompletedAfterTheTaskWasGivenUp) {
    enroll(testing::diamond());
    const auto task = submit("diamond");
    const auto next = host.settle({succeeded(host.claim(1).at(0))}, 2).claimed;
    ASSERT_EQ(next.size(), 2U);
    sql().rows(
        "SELECT * FROM tenon.end_tasks(ARRAY[$1::uuid], 'error', 'me', 'given up')",
        {task.to_string()}
    );
    ASSERT_EQ(step_states(task), "complete in_progress in_progress error");
    host.settle({succeeded(next.at(0), "1")});
    host.settle({failed(next.at(1), testing::ordinary_failure())});
    ASSERT_EQ(step_states(task), "complete complete error error");
    EXPECT_EQ(task_state(task), "error");
    EXPECT_EQ(redrive(task), "2");
    EXPECT_EQ(step_states(task), "complete complete enqueued pending");
    EXPECT_EQ(of_step(task, 4, "s.waiting_on"), "1");
    EXPECT_EQ(host.work_off(), 2U);
    EXPECT_EQ(task_state(task), "complete");
    EXPECT_EQ(of_task(task, "concat(t.waiting_on, t.failed_steps)"), "00");
}

TEST_F(RepairTest, ACancelledTaskTakesTheAnswersOfItsHandlersAndNothingElse) {
    enroll(testing::fan(3));
    const auto task = submit("fan");
    const auto claims = host.settle({succeeded(host.claim(1).at(0))}, 2).claimed;
    ASSERT_EQ(claims.size(), 2U);
    const auto outcome = sql().rows(
        "SELECT outcome, running FROM tenon.cancel_tasks(ARRAY[$1::uuid], 'me', 'enough')",
        {task.to_string()}
    );
    EXPECT_EQ(outcome.at(0), (testing::TextRow{"cancelled", "2"}));
    EXPECT_EQ(step_states(task), "complete in_progress in_progress cancelled cancelled");
    host.settle({succeeded(claims.at(0), "1")}, 5);
    host.settle({failed(claims.at(1), testing::ordinary_failure())}, 5);
    EXPECT_EQ(step_states(task), "complete complete cancelled cancelled cancelled");
    EXPECT_EQ(task_state(task), "cancelled");
    EXPECT_THAT(host.claim(5), IsEmpty());
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.due"), "0");
}

}  // namespace
}  // namespace tenon
