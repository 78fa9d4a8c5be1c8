#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::succeeded;
using testing::TestHost;

class SettlementTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    static std::vector<StepNo> numbers(const std::vector<ClaimedStep>& claims) {
        std::vector<StepNo> found;
        for (const auto& claim : claims) {
            found.push_back(claim.step_no);
        }
        std::ranges::sort(found);
        return found;
    }
};

TEST_F(SettlementTest, AClaimBringsEverythingItsHandlerNeeds) {
    const auto id = enroll(testing::chain(2));
    const std::string context = R"({"b":123456789012345678901234567890, "a" : 1.50, "a": "ü"})";
    const auto task = submit("chain", context);
    const auto claims = host.claim(8);
    ASSERT_EQ(claims.size(), 1U);
    const auto& claim = claims.front();
    EXPECT_EQ(claim.task, task);
    EXPECT_EQ(claim.step_no, 1);
    EXPECT_EQ(claim.attempt, 1);
    EXPECT_EQ(claim.template_id, id);
    EXPECT_EQ(claim.correlation.value(), task.value());
    EXPECT_EQ(claim.context_json, context);
    EXPECT_THAT(claim.dependencies, IsEmpty());
    EXPECT_EQ(step_states(task), "in_progress pending");
    EXPECT_EQ(of_step(task, 1, "concat(host_id, ' ', attempts)"), host.number() + " 1");
    EXPECT_EQ(queued(), "0");
}

TEST_F(SettlementTest, AGivenCorrelationReachesTheHandler) {
    enroll(testing::chain(1));
    const std::string correlation = "01020304-0506-4708-890a-0b0c0d0e0f10";
    sql().rows("SELECT tenon.submit('steps', 'chain', correlation_id => $1)", {correlation});
    EXPECT_EQ(host.claim(1).at(0).correlation.to_string(), correlation);
}

TEST_F(SettlementTest, ASuccessHandsTheNextStepToTheSameHostWithTheRawResult) {
    enroll(testing::chain(3));
    const auto task = submit("chain");
    const std::string result = R"({ "x":123456789012345678901234567890,"x":1E400, "x" : null })";
    const auto reply = host.settle({succeeded(host.claim(1).at(0), result)}, 1);
    ASSERT_EQ(reply.claimed.size(), 1U);
    EXPECT_EQ(reply.claimed[0].step_no, 2);
    EXPECT_EQ(reply.claimed[0].attempt, 1);
    ASSERT_EQ(reply.claimed[0].dependencies.size(), 1U);
    EXPECT_EQ(reply.claimed[0].dependencies[0].step_no, 1);
    EXPECT_EQ(reply.claimed[0].dependencies[0].json, result);
    EXPECT_THAT(reply.finished, IsEmpty());
    EXPECT_EQ(step_states(task), "complete in_progress pending");
    EXPECT_EQ(of_step(task, 1, "concat(result, execution_us)"), result + "250");
    EXPECT_EQ(queued(), "0");
}

TEST_F(SettlementTest, TheLastStepFinishesTheTask) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    const auto reply = host.settle({succeeded(host.claim(1).at(0))}, 1);
    EXPECT_THAT(reply.claimed, IsEmpty());
    ASSERT_EQ(reply.finished.size(), 1U);
    EXPECT_EQ(reply.finished[0].task, task);
    EXPECT_EQ(reply.finished[0].state, "complete");
    EXPECT_EQ(task_state(task), "complete");
    EXPECT_EQ(of_task(task, "waiting_on"), "0");
    EXPECT_EQ(of_task(task, "settled_at >= created_at"), "t");
}

TEST_F(SettlementTest, AJoinWaitsForBothSidesOfADiamond) {
    enroll(testing::diamond());
    const auto task = submit("diamond");
    auto sides = host.settle({succeeded(host.claim(1).at(0))}, 2).claimed;
    ASSERT_THAT(numbers(sides), ElementsAre(2, 3));
    EXPECT_THAT(host.settle({succeeded(sides[0], "\"one\"")}, 2).claimed, IsEmpty());
    EXPECT_EQ(of_step(task, 4, "concat(state, waiting_on, host_id)"), "pending1");
    const auto join = host.settle({succeeded(sides[1], "\"two\"")}, 2).claimed;
    ASSERT_THAT(numbers(join), ElementsAre(4));
    std::vector<std::string> results;
    for (const auto& dependency : join[0].dependencies) {
        results.push_back(dependency.json);
    }
    EXPECT_THAT(results, ::testing::UnorderedElementsAre("\"one\"", "\"two\""));
    EXPECT_EQ(host.settle({succeeded(join[0])}).finished.size(), 1U);
}

TEST_F(SettlementTest, ABatchThatSettlesAllParentsUnlocksTheirJoinOnce) {
    enroll(testing::diamond());
    const auto task = submit("diamond");
    const auto sides = host.settle({succeeded(host.claim(1).at(0))}, 2).claimed;
    const auto join = host.settle({succeeded(sides.at(0)), succeeded(sides.at(1))}, 1).claimed;
    ASSERT_THAT(numbers(join), ElementsAre(4));
    EXPECT_EQ(of_step(task, 4, "concat(waiting_on, ' ', attempts)"), "0 1");
}

TEST_F(SettlementTest, AFanOfAHundredJoinsInWhateverPortions) {
    enroll(testing::fan(100));
    const auto task = submit("fan");
    auto claims = host.settle({succeeded(host.claim(1).at(0))}, 100).claimed;
    ASSERT_EQ(claims.size(), 100U);
    std::ranges::reverse(claims);
    std::vector<ClaimedStep> join;
    for (std::size_t begin = 0; begin < claims.size(); begin += 33) {
        std::vector<SettledStep> portion;
        for (auto i = begin; i < std::min(begin + 33, claims.size()); ++i) {
            portion.push_back(succeeded(claims[i]));
        }
        EXPECT_THAT(join, IsEmpty());
        join = host.settle(portion, 33).claimed;
    }
    ASSERT_THAT(numbers(join), ElementsAre(102));
    EXPECT_EQ(join[0].dependencies.size(), 100U);
    EXPECT_EQ(host.settle({succeeded(join[0])}).finished.size(), 1U);
    EXPECT_EQ(task_state(task), "complete");
}

TEST_F(SettlementTest, WhatIsBeyondTheFreeSlotsGoesToTheQueueForEverybody) {
    enroll(testing::fan(10));
    const auto task = submit("fan");
    const auto reply = host.settle({succeeded(host.claim(1).at(0))}, 4);
    EXPECT_EQ(reply.claimed.size(), 4U);
    EXPECT_THAT(reply.fed_namespaces, ElementsAre(testing::test_namespace));
    EXPECT_EQ(queued(), "6");
    EXPECT_EQ(
        of_task(
            task,
            "(SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM (SELECT state, "
            "count(*) "
            "AS n FROM tenon.workflow_steps GROUP BY state) AS c)"
        ),
        "pending 1, enqueued 6, in_progress 4, complete 1"
    );
    TestHost other(conninfo());
    EXPECT_EQ(other.claim(100).size(), 6U);
    EXPECT_EQ(queued(), "0");
}

TEST_F(SettlementTest, WithoutFreeSlotsEverythingGoesToTheQueue) {
    enroll(testing::fan(3));
    submit("fan");
    const auto reply = host.settle({succeeded(host.claim(1).at(0))}, 0);
    EXPECT_THAT(reply.claimed, IsEmpty());
    EXPECT_EQ(queued(), "3");
}

TEST_F(SettlementTest, OneCallSettlesHandsOverAndTopsUp) {
    enroll(testing::chain(2));
    submit_many("chain", 10);
    const auto first = host.claim(2);
    const auto reply = host.succeed(first, 5);
    EXPECT_EQ(reply.claimed.size(), 5U);
    EXPECT_EQ(std::ranges::count(numbers(reply.claimed), 2), 2);
    EXPECT_EQ(queued(), "5");
}

TEST_F(SettlementTest, ATaskOfIslandsIsCompleteWithItsLastIsland) {
    enroll(testing::islands(7));
    const auto task = submit("islands");
    auto claims = host.claim(7);
    ASSERT_EQ(claims.size(), 7U);
    const auto last = claims.back();
    claims.pop_back();
    EXPECT_THAT(host.succeed(claims, 0).finished, IsEmpty());
    EXPECT_EQ(of_task(task, "concat(state, waiting_on)"), "steps_in_process1");
    EXPECT_EQ(host.settle({succeeded(last)}).finished.size(), 1U);
}

TEST_F(SettlementTest, FurtherAncestorsAreFoundByNameAndOnlyAncestors) {
    enroll(testing::diamond());
    const auto task = submit("diamond");
    const auto sides = host.settle({succeeded(host.claim(1).at(0), "[6]")}, 2).claimed;
    const auto ancestor = [&](int step_no, const std::string& name) {
        return sql().value(
            "SELECT tenon.ancestor_result($1, $2, $3)",
            {task.to_string(), std::to_string(step_no), name}
        );
    };
    EXPECT_EQ(ancestor(4, "top"), "[6]");
    EXPECT_EQ(ancestor(4, "left"), "NULL");
    EXPECT_EQ(ancestor(1, "top"), "NULL");
    host.settle({succeeded(sides.at(0), "7"), succeeded(sides.at(1), "7")}, 1);
    EXPECT_EQ(ancestor(4, "left"), "7");
    EXPECT_EQ(ancestor(2, "right"), "NULL");
    EXPECT_EQ(ancestor(4, "nobody"), "NULL");
}

}  // namespace
}  // namespace tenon
