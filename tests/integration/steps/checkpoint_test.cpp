// Steps that are taken up at a checkpoint: what is stored, for whom, and what the next claim
// brings.

#include "database/repositories/step_repository.hpp"
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
using testing::restless;
using ::testing::SizeIs;
using testing::succeeded;
using testing::TestHost;

constexpr auto cursor = R"({"row" :  70, "sum": 1E400})";

SettledStep yielded(const ClaimedStep& claim) {
    auto settled = succeeded(claim);
    settled.outcome = Yielded{};
    return settled;
}

class CheckpointTest : public testing::StepPathTest {
protected:
    bool save(const TestHost& by, const ClaimedStep& claim, std::string_view json = cursor) {
        return repository.save_checkpoint(
            by.id(), {.task = claim.task, .step_no = claim.step_no, .attempt = claim.attempt}, json
        );
    }

    ClaimedStep claim_one(TestHost& by) {
        auto claims = by.claim(5);
        EXPECT_THAT(claims, SizeIs(1));
        return std::move(claims.at(0));
    }

    TaskId submit_single(std::int32_t max_attempts) {
        enroll(testing::workflow("single", {restless("only", max_attempts)}));
        return submit("single");
    }

    database::StepRepository repository{pool()};
};

class CheckpointInProfile : public CheckpointTest,
                            public ::testing::WithParamInterface<DispatchProfile> {
protected:
    TestHost host{conninfo(), GetParam()};
};

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    CheckpointInProfile,
    ::testing::Values(DispatchProfile::direct, DispatchProfile::queued),
    [](const auto& info) { return info.param == DispatchProfile::direct ? "Direct" : "Queued"; }
);

TEST_P(CheckpointInProfile, AStepThatYieldsIsTakenUpThereAndCountsNoAttempt) {
    const auto task = submit_single(1);
    auto claim = claim_one(host);
    EXPECT_EQ(claim.checkpoint_json, "");
    EXPECT_EQ(claim.shown_attempt(), 1);
    for (int turn = 1; turn <= 3; ++turn) {
        const auto state = std::string(cursor) + std::string(static_cast<std::size_t>(turn), ' ');
        EXPECT_TRUE(save(host, claim, state));
        EXPECT_THAT(host.settle({yielded(claim)}).refused_results, IsEmpty());
        EXPECT_EQ(step_states(task), "enqueued");
        EXPECT_EQ(of_step(task, 1, "concat(host_id, claimed_at)"), "");

        claim = claim_one(host);
        EXPECT_EQ(claim.checkpoint_json, state) << "it comes back as it was written";
        EXPECT_EQ(claim.attempt, turn + 1) << "the fencing token is never used twice";
        EXPECT_EQ(claim.yields, turn);
        EXPECT_EQ(claim.shown_attempt(), 1);
    }
    host.settle({succeeded(claim)});
    const bool direct = GetParam() == DispatchProfile::direct;
    EXPECT_EQ(step_states(task), direct ? "complete" : "enqueued_for_orchestration");
    EXPECT_EQ(of_step(task, 1, "attempts - yields"), "1");
    expect_legal_transitions();
}

TEST_P(CheckpointInProfile, AStepThatYieldsInACancelledTaskIsCancelled) {
    const auto task = submit_single(1);
    const auto claim = claim_one(host);
    EXPECT_TRUE(save(host, claim));
    sql().rows(
        "SELECT tenon.cancel_tasks(ARRAY[$1]::uuid[], 'test', 'no need')", {task.to_string()}
    );
    host.settle({yielded(claim)});
    EXPECT_EQ(step_states(task), "cancelled");
    EXPECT_THAT(host.claim(5), IsEmpty());
}

TEST_P(CheckpointInProfile, AYieldOfAnEarlierAttemptIsRefused) {
    submit_single(1);
    const auto first = claim_one(host);
    EXPECT_TRUE(save(host, first));
    host.settle({yielded(first)});
    const auto second = claim_one(host);
    const auto before = everything();
    EXPECT_THAT(
        host.settle({yielded(first)}).refused_results,
        ElementsAre(step_id(first.task, first.step_no))
    );
    EXPECT_EQ(everything(), before);
}

TEST_F(CheckpointTest, BelongsToTheRightOneOfManyClaims) {
    TestHost host(conninfo());
    enroll(testing::fan(5));
    submit("fan");
    host.settle({succeeded(claim_one(host), R"("begun")")});
    const auto leaves = host.claim(5);
    ASSERT_THAT(leaves, SizeIs(5));
    EXPECT_TRUE(save(host, leaves[1], "1"));
    EXPECT_TRUE(save(host, leaves[3], "3"));
    host.settle({yielded(leaves[3]), given_back(leaves[0]), yielded(leaves[1]), yielded(leaves[2])}
    );
    for (const auto& claim : host.claim(5)) {
        const bool resumes =
            claim.step_no == leaves[1].step_no || claim.step_no == leaves[3].step_no;
        const auto expected = !resumes ? "" : claim.step_no == leaves[1].step_no ? "1" : "3";
        EXPECT_EQ(claim.checkpoint_json, expected) << claim.step_no;
        EXPECT_EQ(claim.shown_attempt(), 1) << claim.step_no;
        ASSERT_THAT(claim.dependencies, SizeIs(1));
        EXPECT_EQ(claim.dependencies[0].json, R"("begun")");
    }
}

TEST_F(CheckpointTest, IsSavedForTheAttemptInProgressOnly) {
    const auto task = submit_single(3);
    TestHost host(conninfo());
    TestHost other(conninfo());
    auto claim = claim_one(host);
    const auto before = everything();
    EXPECT_FALSE(save(other, claim)) << "it is another host's";
    auto earlier = claim;
    --earlier.attempt;
    EXPECT_FALSE(save(host, earlier)) << "it is no longer the host's";
    auto unknown = claim;
    unknown.step_no = 9;
    EXPECT_FALSE(save(host, unknown));
    EXPECT_EQ(everything(), before);

    host.settle({given_back(claim)});
    EXPECT_FALSE(save(host, claim)) << "nobody's, for the moment";
    EXPECT_EQ(of_step(task, 1, "checkpoint IS NULL"), "t");
}

TEST_F(CheckpointTest, OutlivesAFailedAttempt) {
    const auto task = submit_single(2);
    TestHost host(conninfo());
    auto claim = claim_one(host);
    for (int turn = 0; turn < 3; ++turn) {
        EXPECT_TRUE(save(host, claim));
        host.settle({yielded(claim)});
        claim = claim_one(host);
    }
    host.settle({failed(claim, ordinary_failure())});
    EXPECT_EQ(step_states(task), "waiting_for_retry") << "yields count for no limit";
    release_all();
    claim = claim_one(host);
    EXPECT_EQ(claim.checkpoint_json, cursor);
    EXPECT_EQ(claim.shown_attempt(), 2);
    host.settle({failed(claim, ordinary_failure())});
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(of_step(task, 1, "attempts - yields"), "2");
}

TEST_F(CheckpointTest, OutlivesItsHost) {
    submit_single(2);
    TestHost doomed(conninfo());
    TestHost rescuer(conninfo());
    const auto lost = claim_one(doomed);
    EXPECT_TRUE(save(doomed, lost));
    doomed.die();
    await_death(doomed);
    rescuer.presence().rescue(rescuer.id());
    EXPECT_FALSE(save(doomed, lost));
    const auto claim = claim_one(rescuer);
    EXPECT_EQ(claim.checkpoint_json, cursor);
    EXPECT_EQ(claim.yields, 0);
    EXPECT_EQ(claim.shown_attempt(), 2) << "a host that dies costs an attempt";
}

TEST_F(CheckpointTest, ComesWithAClaimWhoseReplyWasLost) {
    submit_single(1);
    TestHost host(conninfo());
    const auto first = claim_one(host);
    EXPECT_TRUE(save(host, first));
    host.settle({yielded(first)});
    claim_one(host);
    const auto recovered = host.gateway().recover({}, 0).claimed;
    ASSERT_THAT(recovered, SizeIs(1));
    EXPECT_EQ(recovered[0].checkpoint_json, cursor);
    EXPECT_EQ(recovered[0].attempt, 2);
    EXPECT_EQ(recovered[0].shown_attempt(), 1);
}

TEST_F(CheckpointTest, EndsWithTheStep) {
    const auto task = submit_single(1);
    TestHost host(conninfo());
    const auto claim = claim_one(host);
    EXPECT_TRUE(save(host, claim));
    host.settle({succeeded(claim)});
    EXPECT_EQ(of_step(task, 1, "checkpoint IS NULL"), "t");
    EXPECT_FALSE(save(host, claim));
}

}  // namespace
}  // namespace tenon
