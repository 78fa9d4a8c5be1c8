#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using testing::failed;
using testing::given_back;
using ::testing::IsEmpty;
using testing::ordinary_failure;
using testing::succeeded;
using testing::TestHost;

/// A result counts only for the host and the attempt that the step was claimed by.
class FencingTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    /// Sends every kind of outcome for `claim` and expects each to be refused without a trace.
    void expect_refused(TestHost& sender, const ClaimedStep& claim) {
        const auto before = everything();
        for (const auto& outcome :
             {succeeded(claim, "\"zombie\""), failed(claim, ordinary_failure()), given_back(claim)
             }) {
            const auto reply = sender.settle({outcome}, 5);
            EXPECT_THAT(reply.refused_results, ElementsAre(step_id(claim.task, claim.step_no)));
            EXPECT_THAT(reply.claimed, IsEmpty());
            EXPECT_THAT(reply.finished, IsEmpty());
            EXPECT_FALSE(reply.retry_in);
        }
        EXPECT_EQ(everything(), before);
    }
};

TEST_F(FencingTest, AnotherHostCannotSettleAStep) {
    enroll(testing::chain(2));
    submit("chain");
    const auto claim = host.claim(1).at(0);
    TestHost other(conninfo());
    expect_refused(other, claim);
}

TEST_F(FencingTest, AnotherAttemptCannotSettleAStep) {
    enroll(testing::workflow("chain", {testing::restless("s1", 3), testing::step("s2", {"s1"})}));
    submit("chain");
    const auto first = host.claim(1).at(0);
    host.settle({failed(first, ordinary_failure())});
    ASSERT_EQ(release_all(), "1");
    auto second = host.claim(1).at(0);
    EXPECT_EQ(second.attempt, 2);
    expect_refused(host, first);
    second.attempt = 3;
    expect_refused(host, second);
}

TEST_F(FencingTest, AResultCountsOnce) {
    enroll(testing::diamond());
    submit("diamond");
    const auto claim = host.claim(1).at(0);
    host.settle({succeeded(claim)}, 2);
    expect_refused(host, claim);
}

TEST_F(FencingTest, TheSameResultTwiceInOneBatchCountsOnce) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    const auto claim = host.claim(1).at(0);
    host.settle({succeeded(claim), succeeded(claim)}, 1);
    EXPECT_EQ(of_step(task, 2, "concat(state, waiting_on)"), "in_progress0");
    EXPECT_EQ(
        sql().value(
            "SELECT count(*) FROM tenon.workflow_step_transitions WHERE to_state = 'complete'"
        ),
        "1"
    );
}

TEST_F(FencingTest, AStepThatWasGivenBackIsNoLongerOnesOwn) {
    enroll(testing::chain(1));
    submit("chain");
    const auto claim = host.claim(1).at(0);
    host.settle({given_back(claim)});
    expect_refused(host, claim);
}

TEST_F(FencingTest, AResultAfterTheRescueIsRefused) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    TestHost doomed(conninfo());
    const auto claim = doomed.claim(1).at(0);
    doomed.die();
    await_death(doomed);
    host.presence().rescue(host.id());
    // The only way in for a zombie: another host's connection that claims to be the dead one.
    const auto before = everything();
    EXPECT_EQ(
        sql().value(
            "SELECT string_agg(kind::text, '') FROM tenon.advance($1, ARRAY[$2::uuid], "
            "'{1}', '{1}', '{1}', ARRAY['{}'::json], ARRAY[NULL::json], '{}', '{}', 5)",
            {doomed.number(), task.to_string()}
        ),
        "r"
    );
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(host.claim(1).at(0).attempt, claim.attempt + 1);
}

TEST_F(FencingTest, AZombieInABatchDoesNotHurtTheOthers) {
    enroll(testing::chain(2));
    submit_many("chain", 3);
    const auto claims = host.claim(3);
    auto zombie = claims.at(1);
    zombie.attempt = 7;
    const auto reply =
        host.settle({succeeded(claims.at(0)), succeeded(zombie), succeeded(claims.at(2))}, 3);
    EXPECT_THAT(reply.refused_results, ElementsAre(step_id(zombie.task, 1)));
    EXPECT_EQ(reply.claimed.size(), 2U);
    EXPECT_EQ(step_states(zombie.task), "in_progress pending");
}

}  // namespace
}  // namespace tenon
