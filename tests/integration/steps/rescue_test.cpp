#include "database/repositories/rescue_duty.hpp"
#include "foundation/error.hpp"
#include "step_path_fixture.hpp"
#include "support/child_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::restless;
using testing::step;
using testing::succeeded;
using testing::TestHost;
using testing::workflow;

class RescueTest : public testing::StepPathTest {
protected:
    TestHost rescuer{conninfo()};

    database::HostRepository::Rescue rescue() { return rescuer.presence().rescue(rescuer.id()); }

    std::string host_state(const TestHost& host) {
        return sql().value("SELECT state FROM tenon.hosts WHERE host_id = $1", {host.number()});
    }

    static std::chrono::milliseconds first_overdue(TestHost& host) {
        return host.presence().beat(host.id(), {}).value().first_overdue.value();
    }

    /// For somebody who waits, and then holds a transaction open.
    database::Connection unlimited() const {
        return database::Connection(
            {.conninfo = conninfo(),
             .application_name = "duty",
             .statement_timeout = std::chrono::milliseconds(0),
             .idle_in_transaction_timeout = std::chrono::milliseconds(0)}
        );
    }

    void let_lease_run_out(const TestHost& host) {
        sql().rows(
            "UPDATE tenon.hosts SET lease_until = clock_timestamp() - interval '1 s' "
            "WHERE host_id = $1",
            {host.number()}
        );
    }
};

TEST_F(RescueTest, TheStepsOfADeadHostRunAgainElsewhere) {
    enroll(testing::chain(2));
    const auto tasks = submit_many("chain", 3);
    TestHost doomed(conninfo());
    auto claims = doomed.claim(3);
    const auto second = doomed.settle({succeeded(claims.at(0))}, 1).claimed;
    ASSERT_EQ(second.size(), 1U);
    doomed.die();
    await_death(doomed);

    const auto found = rescue();
    EXPECT_THAT(found.lost, ElementsAre(doomed.number()));
    EXPECT_THAT(found.namespaces, ElementsAre("steps"));
    EXPECT_EQ(host_state(doomed), "lost");
    EXPECT_EQ(step_states(second[0].task), "complete enqueued");
    EXPECT_EQ(of_step(second[0].task, 2, "concat(attempts, host_id, claimed_at)"), "1");
    EXPECT_THAT(rescue().lost, IsEmpty());

    const auto again = rescuer.claim(10);
    ASSERT_EQ(again.size(), 3U);
    for (const auto& claim : again) {
        EXPECT_EQ(claim.attempt, 2);
    }
    rescuer.succeed(again, 0);
    rescuer.work_off();
    for (const auto& task : tasks) {
        EXPECT_EQ(task_state(task), "complete");
    }
}

TEST_F(RescueTest, AHostIsAliveAsLongAsOneOfItsConnectionsIs) {
    enroll(testing::chain(1));
    submit("chain");
    TestHost doomed(conninfo());
    database::StepGateway last({.conninfo = conninfo()}, doomed.id());
    doomed.claim(1);
    doomed.die();
    sql().exec("SELECT 1");
    EXPECT_THAT(rescue().lost, IsEmpty());
    EXPECT_EQ(host_state(doomed), "live");
}

TEST_F(RescueTest, StepsBeforeTheLastBeatAreKnownByWhatItHeld) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    TestHost doomed(conninfo());
    const auto claim = doomed.claim(1).at(0);
    EXPECT_TRUE(doomed.presence().beat(
        doomed.id(),
        {.held = {step_id(claim.task, claim.step_no)}, .unsure_ms = 0, .stats_json = "{}"}
    ));
    // As if the claim were older than what the log is searched for.
    sql().exec("UPDATE tenon.hosts SET claimed_since = clock_timestamp() + interval '1 minute'");
    doomed.die();
    await_death(doomed);
    EXPECT_EQ(rescue().lost.size(), 1U);
    EXPECT_EQ(step_states(task), "enqueued");
}

TEST_F(RescueTest, AHostThatMissesItsLeaseLosesItsConnectionsThenItsSteps) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    TestHost frozen(conninfo());
    frozen.claim(1);
    let_lease_run_out(frozen);
    const auto first = rescue();
    EXPECT_THAT(first.frozen, ElementsAre(frozen.number()));
    EXPECT_THAT(first.lost, IsEmpty());
    await_death(frozen);
    EXPECT_THAT(rescue().lost, ElementsAre(frozen.number()));
    EXPECT_EQ(step_states(task), "enqueued");

    EXPECT_THROW(frozen.claim(1), Exception);
    try {
        const database::StepGateway late({.conninfo = conninfo()}, frozen.id());
        ADD_FAILURE() << "a lost host joined again";
    } catch (const Exception& error) {
        EXPECT_EQ(error.code(), ErrorCode::conflict);
    }
}

TEST_F(RescueTest, AHostInTimeIsLeftAlone) {
    TestHost healthy(conninfo());
    const auto found = rescue();
    EXPECT_THAT(found.lost, IsEmpty());
    EXPECT_THAT(found.frozen, IsEmpty());
    EXPECT_EQ(healthy.presence().beat(healthy.id(), {}).value().count, 1);
}

TEST_F(RescueTest, AnExhaustedStepEndsAsHostLostAndBlocksItsTask) {
    enroll(workflow("pair", {restless("only_once", 1), step("after", {"only_once"})}));
    const auto task = submit("pair");
    TestHost doomed(conninfo());
    doomed.claim(1);
    doomed.die();
    await_death(doomed);
    rescue();
    EXPECT_EQ(step_states(task), "error pending");
    EXPECT_EQ(of_step(task, 1, "failure ->> 'error_code'"), "HOST_LOST");
    EXPECT_EQ(
        of_step(task, 1, "failure ->> 'message'"),
        "host " + doomed.number() + " was lost during the last allowed attempt"
    );
    EXPECT_EQ(of_task(task, "concat(state, failed_steps)"), "blocked_by_failures1");
    EXPECT_EQ(queued(), "0");
}

TEST_F(RescueTest, AStepThatMustNotRunAgainIsNotRescued) {
    auto once = step("once");
    once.retry.retryable = false;
    enroll(workflow("once", {once}));
    const auto task = submit("once");
    TestHost doomed(conninfo());
    doomed.claim(1);
    doomed.die();
    await_death(doomed);
    rescue();
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(task_state(task), "blocked_by_failures");
}

TEST_F(RescueTest, ABeatTellsALostHostSo) {
    TestHost host(conninfo());
    sql().rows("UPDATE tenon.hosts SET state = 'lost' WHERE host_id = $1", {host.number()});
    EXPECT_FALSE(host.presence().beat(host.id(), {}).has_value());
    EXPECT_FALSE(host.presence().join(host.id()));
}

TEST_F(RescueTest, ARetiredHostIsNeitherRescuedNorCounted) {
    TestHost gone(conninfo());
    gone.presence().retire(gone.id(), {});
    gone.die();
    await_death(gone);
    EXPECT_THAT(rescue().lost, IsEmpty());
    EXPECT_EQ(host_state(gone), "retired");
    EXPECT_EQ(rescuer.presence().beat(rescuer.id(), {}).value().count, 0);
}

TEST_F(RescueTest, OneHostAtATimeHasTheDuty) {
    TestHost other(conninfo());
    auto first = std::make_unique<database::RescueDuty>(unlimited());
    EXPECT_TRUE(first->join(rescuer.id()));
    EXPECT_TRUE(first->await());
    EXPECT_TRUE(first->held());

    database::RescueDuty second(unlimited());
    second.join(other.id());
    auto turn = std::async(std::launch::async, [&] { return second.await(); });
    const std::string waiting =
        "FROM pg_stat_activity WHERE application_name = 'duty' AND wait_event = 'relation'";
    ASSERT_TRUE(testing::eventually([&] { return sql().value("SELECT count(*) " + waiting) == "1"; }
    ));
    EXPECT_EQ(sql().value("SELECT backend_xmin " + waiting), "NULL") << "it holds vacuum back";
    first.reset();
    ASSERT_EQ(turn.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_TRUE(turn.get());
}

TEST_F(RescueTest, TheDutyIsTakenFromAHostThatMissedItsLease) {
    TestHost other(conninfo());
    database::RescueDuty duty(unlimited());
    duty.join(rescuer.id());
    ASSERT_TRUE(duty.await());
    EXPECT_GT(first_overdue(other), std::chrono::seconds(7));
    other.presence().challenge_rescuer();
    EXPECT_TRUE(duty.held()) << "a host in time keeps it";

    let_lease_run_out(rescuer);
    EXPECT_LE(first_overdue(other), std::chrono::seconds(-1));
    other.presence().challenge_rescuer();
    EXPECT_TRUE(testing::eventually([&] { return !duty.held(); }));
}

TEST_F(RescueTest, EveryNamespaceIsWokenForAHostThatMayNotHaveRung) {
    enroll(testing::chain(1));
    TestHost doomed(conninfo());
    doomed.die();
    await_death(doomed);
    EXPECT_THAT(rescue().namespaces, ElementsAre("steps"));
    EXPECT_THAT(rescue().namespaces, IsEmpty());
}

TEST_F(RescueTest, TheSweepFindsStepsThatNoLivingHostHas) {
    enroll(testing::chain(1));
    const auto tasks = submit_many("chain", 3);
    TestHost gone(conninfo());
    const auto orphan = gone.claim(1).at(0);
    gone.presence().retire(gone.id(), {});
    const auto kept = rescuer.claim(1).at(0);
    EXPECT_THAT(rescuer.presence().resume_stale(rescuer.id()), ElementsAre("steps"));
    EXPECT_EQ(step_states(orphan.task), "enqueued");
    EXPECT_EQ(step_states(kept.task), "in_progress");
    EXPECT_THAT(rescuer.presence().resume_stale(rescuer.id()), IsEmpty());
    EXPECT_EQ(queued(), "2");
}

}  // namespace
}  // namespace tenon
