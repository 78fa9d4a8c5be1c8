// What a crash, a bug or an operator with a SQL client may leave behind is taken on again, and the
// records of hosts that are long gone are removed.

#include "step_path_fixture.hpp"
#include "support/audit.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using testing::failed;
using ::testing::IsEmpty;
using testing::TestHost;

class StaleWorkTest : public testing::StepPathTest {
protected:
    StaleWorkTest() { enroll(testing::diamond()); }

    std::vector<std::string> resume() { return host.presence().resume_stale(host.id()); }

    void expect_completion(TaskId task) {
        host.work_off();
        EXPECT_EQ(task_state(task), "complete");
        EXPECT_EQ(step_states(task), "complete complete complete complete");
        EXPECT_THAT(testing::audit_violations(sql()), IsEmpty());
    }

    TestHost host{conninfo()};
};

TEST_F(StaleWorkTest, NothingIsTouchedThatIsInOrder) {
    submit("diamond");
    host.claim(1);
    submit("diamond");
    const auto before = everything();
    EXPECT_THAT(resume(), IsEmpty());
    EXPECT_EQ(everything(), before);
}

TEST_F(StaleWorkTest, AnEnqueuedStepWithoutAMessageGetsOne) {
    const auto task = submit("diamond");
    sql().exec("DELETE FROM pgmq.q_steps_queue");
    EXPECT_THAT(host.claim(1), IsEmpty());
    EXPECT_THAT(resume(), ElementsAre("steps"));
    EXPECT_EQ(queued(), "1");
    EXPECT_THAT(resume(), IsEmpty());
    EXPECT_EQ(queued(), "1");
    expect_completion(task);
}

TEST_F(StaleWorkTest, AStepThatWaitsForItsRetryWithoutATimerIsDueAtOnce) {
    const auto task = submit("diamond");
    host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
    EXPECT_EQ(of_step(task, 1, "s.state"), "waiting_for_retry");
    sql().exec("DELETE FROM tenon.due");
    resume();
    EXPECT_EQ(sql().value("SELECT released FROM tenon.release_due(10)"), "1");
    expect_completion(task);
}

TEST_F(StaleWorkTest, AStepThatWaitsForNothingIsEnqueued) {
    const auto task = submit("diamond");
    sql().exec("DELETE FROM pgmq.q_steps_queue");
    sql().exec("UPDATE tenon.workflow_steps SET state = 'pending' WHERE step_no = 1");
    sql().exec("DELETE FROM tenon.workflow_step_transitions");
    EXPECT_THAT(resume(), ElementsAre("steps"));
    expect_completion(task);
}

TEST_F(StaleWorkTest, AnOutcomeThatWaitsForOrchestrationWithoutAMessageGetsOne) {
    const auto task = submit("diamond");
    host.claim(1);
    sql().rows(
        "SELECT * FROM tenon.submit_results($1, ARRAY[$2::uuid], '{1}', '{1}', '{5}', "
        "ARRAY['36'::json], ARRAY[NULL::json], '{}', '{}', 0)",
        {host.number(), task.to_string()}
    );
    const auto message = sql().value("SELECT message FROM pgmq.q_orchestration_step_results");
    sql().exec("DELETE FROM pgmq.q_orchestration_step_results");
    resume();
    resume();
    EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.q_orchestration_step_results"), "1");
    EXPECT_EQ(sql().value("SELECT message FROM pgmq.q_orchestration_step_results"), message);
    sql().rows(
        "SELECT * FROM tenon.process_step_results($1, (SELECT array_agg(msg_id) FROM "
        "pgmq.q_orchestration_step_results), ARRAY[$2::uuid], '{1}', ARRAY[NULL::json])",
        {host.number(), task.to_string()}
    );
    EXPECT_EQ(of_step(task, 1, "s.result::text"), "36");
    expect_completion(task);
}

TEST_F(StaleWorkTest, ATaskOfWhichEverythingIsDoneIsSentToItsFinalization) {
    const auto task = submit("diamond");
    host.work_off();
    sql().exec("UPDATE tenon.tasks SET state = 'steps_in_process', settled_at = NULL");
    sql().exec("DELETE FROM tenon.task_transitions WHERE to_state = 'complete'");
    resume();
    resume();
    EXPECT_EQ(
        sql().value("SELECT string_agg(message ->> 'task_uuid', ' ') "
                    "FROM pgmq.q_orchestration_task_finalizations"),
        task.to_string()
    );
    sql().rows(
        "SELECT * FROM tenon.process_finalizations($1, (SELECT array_agg(msg_id) FROM "
        "pgmq.q_orchestration_task_finalizations), ARRAY[$2::uuid])",
        {host.number(), task.to_string()}
    );
    expect_completion(task);
}

TEST_F(StaleWorkTest, WhatBelongsToATaskThatHasEndedStaysAsItIs) {
    const auto task = submit("diamond");
    sql().rows("SELECT * FROM tenon.cancel_tasks(ARRAY[$1::uuid], 'me', NULL)", {task.to_string()});
    sql().exec("DELETE FROM pgmq.q_steps_queue");
    EXPECT_THAT(resume(), IsEmpty());
    EXPECT_EQ(queued(), "0");
    EXPECT_EQ(step_states(task), "cancelled cancelled cancelled cancelled");
}

TEST_F(StaleWorkTest, RecordsOfHostsLongGoneAreRemoved) {
    const auto register_old = [&](const std::string& state, const std::string& age) {
        sql().exec(
            "INSERT INTO tenon.hosts (name, roles, version, state, beat_at) VALUES ('" + state +
            "', '{worker}', '0', '" + state + "', clock_timestamp() - interval '" + age + "')"
        );
    };
    register_old("lost", "8 days");
    register_old("retired", "8 days");
    register_old("lost", "6 days");
    register_old("live", "8 days");
    resume();
    EXPECT_EQ(
        sql().value(
            "SELECT string_agg(name, ' ' ORDER BY host_id) FROM tenon.hosts "
            "WHERE host_id <> " +
            host.number()
        ),
        "lost live"
    );
}

}  // namespace
}  // namespace tenon
