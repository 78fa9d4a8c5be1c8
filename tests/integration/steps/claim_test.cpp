#include "foundation/error.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace tenon {
namespace {

using ::testing::IsEmpty;
using testing::TestHost;

class ClaimTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    /// Registers a one-step template in a namespace and submits `count` tasks of it.
    void fill(const std::string& name, int count) {
        auto source = testing::chain(1);
        source.namespace_name = name;
        ids_[enroll(source)] = name;
        sql().rows(
            "SELECT tenon.submit_batch($1, 'chain', array_fill('{}'::json, ARRAY[$2::integer]))",
            {name, std::to_string(count)}
        );
    }

    /// How many steps of each namespace one call takes.
    std::map<std::string, int> shares(std::vector<std::string> queues, std::int32_t want) {
        const auto reply =
            host.gateway().advance({.settled = {}, .queues = queues, .refused = {}, .want = want});
        std::map<std::string, int> counts;
        for (const auto& claim : reply.claimed) {
            ++counts[ids_.at(claim.template_id)];
        }
        return counts;
    }

    std::map<TemplateId, std::string> ids_;
};

TEST_F(ClaimTest, NamespacesShareFairly) {
    fill("flood", 1000);
    fill("trickle", 3);
    fill("stream", 100);
    using Shares = std::map<std::string, int>;
    const std::vector<std::string> queues{"flood_queue", "trickle_queue", "stream_queue"};
    EXPECT_EQ(shares(queues, 9), (Shares{{"flood", 3}, {"trickle", 3}, {"stream", 3}}));
    EXPECT_EQ(shares(queues, 60), (Shares{{"flood", 20}, {"stream", 40}}))
        << "what a dry queue leaves goes to those after it first";
    EXPECT_EQ(shares(queues, 1), (Shares{{"flood", 1}}));
    EXPECT_EQ(shares({"stream_queue", "flood_queue"}, 1), (Shares{{"stream", 1}}));
    EXPECT_EQ(shares(queues, 500), (Shares{{"flood", 444}, {"stream", 56}}));
}

// Whoever comes late need not wait for those who were there before, in whatever number.
TEST_F(ClaimTest, AFewStepsAreNotKeptWaitingByThousandsOfAnotherNamespace) {
    fill("flood", 5000);
    fill("trickle", 20);
    const std::vector<std::string> queues{"flood_queue", "trickle_queue"};
    int late = 0;
    int calls = 0;
    for (; calls < 20 && late < 20; ++calls) {
        late += shares(queues, 16)["trickle"];
    }
    EXPECT_EQ(late, 20);
    EXPECT_LE(calls, 3) << "half of each call is theirs";
}

TEST_F(ClaimTest, TakesNothingWithoutQueuesOrSlots) {
    fill("steps", 2);
    EXPECT_THAT(shares({}, 5), IsEmpty());
    EXPECT_THAT(shares({"steps_queue"}, 0), IsEmpty());
    EXPECT_EQ(queued(), "2");
}

TEST_F(ClaimTest, TheOldestMessagesGoFirst) {
    enroll(testing::chain(1));
    auto tasks = submit_many("chain", 20);
    std::vector<TaskId> claimed;
    for (const auto& claim : host.claim(5)) {
        claimed.push_back(claim.task);
    }
    std::ranges::sort(claimed);
    std::ranges::sort(tasks);
    EXPECT_TRUE(std::ranges::equal(claimed, std::span(tasks).first(5)));
}

TEST_F(ClaimTest, StepsOfRefusedTemplatesStayForOtherHosts) {
    auto foreign = testing::chain(1);
    foreign.name = "foreign";
    const std::array refused{enroll(foreign)};
    enroll(testing::chain(1));
    submit_many("foreign", 3);
    submit_many("chain", 2);
    const std::vector<std::string> queues{testing::test_queue};
    const auto reply =
        host.gateway().advance({.settled = {}, .queues = queues, .refused = refused, .want = 10});
    EXPECT_EQ(reply.claimed.size(), 2U);
    EXPECT_EQ(queued(), "3");
    TestHost other(conninfo());
    EXPECT_EQ(other.claim(10).size(), 3U);
}

TEST_F(ClaimTest, PoisonIsArchivedWithAReasonAndHoldsUpNobody) {
    enroll(testing::chain(1));
    for (const auto* message :
         {R"({})",
          R"([1, 2])",
          R"("text")",
          R"({"step_uuid": "no uuid"})",
          R"({"step_uuid": null})",
          R"({"step_uuid": "{0190b5a0-0000-7000-8000-000000000001}"})"}) {
        sql().rows("SELECT pgmq.send('steps_queue', $1::jsonb)", {message});
    }
    submit("chain");
    EXPECT_EQ(host.claim(10).size(), 1U);
    EXPECT_EQ(queued(), "0");
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM pgmq.a_steps_queue "
                    "WHERE message ->> 'reason' = 'the message names no step_uuid'"),
        "6"
    );
}

// The look at a message's task, for the sake of refused templates, must not trust its text either.
TEST_F(ClaimTest, PoisonHoldsUpNobodyWhereTemplatesAreRefused) {
    enroll(testing::chain(1));
    const std::array refused{TemplateId{4711}};
    const std::string dashes(36, '-');
    sql().rows(
        "SELECT pgmq.send('steps_queue', $1::jsonb)", {R"({"task_uuid": ")" + dashes + R"("})"}
    );
    submit("chain");
    const std::vector<std::string> queues{"steps_queue"};
    const auto reply =
        host.gateway().advance({.settled = {}, .queues = queues, .refused = refused, .want = 10});
    EXPECT_EQ(reply.claimed.size(), 1U);
    EXPECT_EQ(queued(), "0");
}

TEST_F(ClaimTest, MessagesThatNameNoRunnableStepDisappear) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    const auto send = [this](TaskId of, StepNo number) {
        sql().rows(
            "SELECT pgmq.send('steps_queue', tenon.step_message($1, $2, NULL))",
            {of.to_string(), std::to_string(number)}
        );
    };
    send(task, 2);  // Not its turn yet.
    send(task, 9);  // No such step.
    send(TaskId::parse("0190b5a0-0000-7000-8000-000000000000"), 1);
    ASSERT_EQ(host.claim(10).size(), 1U);
    send(task, 1);  // Claimed already.
    EXPECT_THAT(host.claim(10), IsEmpty());
    EXPECT_EQ(queued(), "0");
    EXPECT_EQ(step_states(task), "in_progress pending");
}

TEST_F(ClaimTest, AMessageThatIsNotVisibleYetIsLeftAlone) {
    enroll(testing::chain(1));
    submit("chain");
    sql().exec("UPDATE pgmq.q_steps_queue SET vt = clock_timestamp() + interval '1 hour'");
    EXPECT_THAT(host.claim(1), IsEmpty());
    EXPECT_EQ(queued(), "1");
}

TEST_F(ClaimTest, ClaimsUnderWayElsewhereAreSkippedNotWaitedFor) {
    enroll(testing::chain(1));
    submit_many("chain", 2);
    testing::SqlSession rival(conninfo());
    rival.exec("BEGIN; SELECT * FROM pgmq.q_steps_queue ORDER BY msg_id LIMIT 1 FOR UPDATE");
    EXPECT_EQ(host.claim(10).size(), 1U);
    rival.exec("ROLLBACK");
    EXPECT_EQ(host.claim(10).size(), 1U);
}

TEST_F(ClaimTest, ClaimsWhoseReplyWasLostAreFoundAgain) {
    enroll(testing::chain(2));
    submit_many("chain", 5);
    const auto claims = host.claim(5);
    std::vector<StepId> known;
    for (const auto& claim : std::span(claims).first(2)) {
        known.push_back(step_id(claim.task, claim.step_no));
    }
    const auto recovered = host.gateway().recover(known, 0).claimed;
    ASSERT_EQ(recovered.size(), 3U);
    for (const auto& claim : recovered) {
        EXPECT_EQ(claim.attempt, 1);
        EXPECT_EQ(claim.context_json, "{}");
        EXPECT_EQ(std::ranges::count(known, step_id(claim.task, claim.step_no)), 0);
    }
    EXPECT_EQ(host.succeed(recovered, 0).refused_results.size(), 0U);
    TestHost other(conninfo());
    EXPECT_THAT(other.gateway().recover({}, 0).claimed, IsEmpty());
}

TEST_F(ClaimTest, RecoveryEndsTheBackendOfTheLostConnectionFirst) {
    database::StepGateway lost({.conninfo = conninfo()}, host.id());
    host.gateway().recover({}, lost.backend_pid());
    EXPECT_THROW(lost.advance({.settled = {}, .queues = {}, .refused = {}, .want = 0}), Exception);
    EXPECT_FALSE(lost.usable());
}

}  // namespace
}  // namespace tenon
