// Claims of steps by name: exactly those, once, and what becomes of the messages that named them.

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>

namespace tenon {
namespace {

using database::NamedStep;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::succeeded;
using testing::TestHost;

class NamedClaimTest : public testing::StepPathTest {
protected:
    database::AdvanceReply claim(const std::vector<NamedStep>& steps, std::int32_t want = 8) {
        return host.gateway().claim({.steps = steps, .queue = "", .want = want});
    }

    /// Reads as any PGMQ client does, and names what it read.
    std::vector<NamedStep> read(std::int32_t limit) {
        const auto ids = sql().value(
            "SELECT string_agg(m.msg_id || ' ' || (m.message ->> 'step_uuid'), ',' ORDER BY "
            "m.msg_id) "
            "FROM pgmq.read('steps_queue', 30, $1::integer) AS m",
            {std::to_string(limit)}
        );
        std::vector<NamedStep> steps;
        for (std::size_t begin = 0; begin < ids.size();) {
            const auto end = std::min(ids.find(',', begin), ids.size());
            const auto blank = ids.find(' ', begin);
            const auto id = StepId::parse(ids.substr(blank + 1, end - blank - 1));
            steps.push_back(
                {.task = task_of(id),
                 .step_no = step_no_of(id),
                 .message = std::stoll(ids.substr(begin, blank - begin))}
            );
            begin = end + 1;
        }
        return steps;
    }

    /// Messages that a reader would get now.
    std::string visible() {
        return sql().value("SELECT count(*) FROM pgmq.q_steps_queue WHERE vt <= clock_timestamp()");
    }

    TestHost host{conninfo()};
};

std::vector<std::string> reasons(const database::AdvanceReply& reply) {
    std::vector<std::string> reasons;
    for (const auto& step : reply.unclaimed) {
        reasons.push_back(step.reason);
    }
    return reasons;
}

TEST_F(NamedClaimTest, TakesExactlyTheNamedStepWithAllThatItsHandlerNeeds) {
    enroll(testing::chain(2));
    const auto tasks = std::vector{submit("chain"), submit("chain", R"({"a": 1})")};
    const auto reply = claim({{.task = tasks[1], .step_no = 1}});
    ASSERT_THAT(reply.claimed, SizeIs(1));
    EXPECT_EQ(reply.claimed[0].task, tasks[1]);
    EXPECT_EQ(reply.claimed[0].attempt, 1);
    EXPECT_EQ(reply.claimed[0].context_json, R"({"a": 1})");
    EXPECT_THAT(reply.unclaimed, IsEmpty());
    EXPECT_EQ(step_states(tasks[1]), "in_progress pending");
    EXPECT_EQ(step_states(tasks[0]), "enqueued pending");

    const auto next = host.settle({succeeded(reply.claimed[0], "7")}, 1).claimed;
    ASSERT_THAT(next, SizeIs(1));
    EXPECT_EQ(next[0].dependencies.at(0).json, "7");
    host.settle({succeeded(next[0])});
    EXPECT_EQ(task_state(tasks[1]), "complete");
    expect_legal_transitions();
}

TEST_F(NamedClaimTest, SaysOfEachOtherStepWhyNot) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    const auto held = submit("chain");
    claim({{.task = held, .step_no = 1}});
    const auto reply = claim(
        {{.task = held, .step_no = 1},
         {.task = task, .step_no = 2},
         {.task = task, .step_no = 9},
         {.task = task, .step_no = 1, .correlation = CorrelationId(held.value())}}
    );
    EXPECT_THAT(reply.claimed, IsEmpty());
    EXPECT_THAT(
        reasons(reply), ElementsAre("in_progress", "pending", "unknown", "other correlation")
    );
    EXPECT_EQ(step_states(task), "enqueued pending");
}

TEST_F(NamedClaimTest, AcceptsTheTasksOwnCorrelation) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    const auto known = of_task(task, "coalesce(t.correlation_id, t.task_uuid)");
    const auto reply =
        claim({{.task = task, .step_no = 1, .correlation = CorrelationId::parse(known)}});
    ASSERT_THAT(reply.claimed, SizeIs(1));
    EXPECT_EQ(reply.claimed[0].correlation.to_string(), known);
}

TEST_F(NamedClaimTest, OneOfTwoHostsGetsAStepAndADoubleNameCountsOnce) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    TestHost other{conninfo()};
    const NamedStep step{.task = task, .step_no = 1};
    const std::vector<NamedStep> twice{step, step};
    EXPECT_THAT(claim(twice).claimed, SizeIs(1));
    const auto late = other.gateway().claim({.steps = twice, .queue = "", .want = 2});
    EXPECT_THAT(late.claimed, IsEmpty());
    EXPECT_THAT(reasons(late), ElementsAre("in_progress", "in_progress"));
    EXPECT_EQ(of_step(task, 1, "s.attempts"), "1");
}

TEST_F(NamedClaimTest, LeavesNoMessageOfAClaimedStepAndPutsBackWhatHadNoRoom) {
    enroll(testing::chain(1));
    const auto tasks = submit_many("chain", 3);
    const auto places = sql().value(
        "SELECT string_agg(vt::text, ',' ORDER BY vt) "
        "FROM pgmq.q_steps_queue"
    );
    const auto messages = read(3);
    ASSERT_THAT(messages, SizeIs(3));
    EXPECT_EQ(visible(), "0");
    const auto reply =
        host.gateway().claim({.steps = messages, .queue = testing::test_queue, .want = 2});
    EXPECT_THAT(reply.claimed, SizeIs(2));
    EXPECT_THAT(reasons(reply), ElementsAre("no room"));
    EXPECT_EQ(queued(), "1");
    EXPECT_EQ(visible(), "1");
    EXPECT_EQ(sql().value("SELECT read_ct FROM pgmq.q_steps_queue"), "0");
    EXPECT_NE(
        places.find(sql().value("SELECT vt::text FROM pgmq.q_steps_queue")), std::string::npos
    ) << "the message lost its place";
    EXPECT_THAT(host.claim(8), SizeIs(1)) << "the queue gives the rest to whoever asks";
}

TEST_F(NamedClaimTest, AMessageOfAStepThatDoesNotWaitIsClearedAway) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    const auto messages = read(1);
    claim({{.task = task, .step_no = 1}});
    const auto reply =
        host.gateway().claim({.steps = messages, .queue = testing::test_queue, .want = 1});
    EXPECT_THAT(reasons(reply), ElementsAre("in_progress"));
    EXPECT_EQ(queued(), "0");
}

TEST_F(NamedClaimTest, TheMessageThatAClaimWithoutItLeavesHarmsNobody) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    const auto claimed = claim({{.task = task, .step_no = 1}}).claimed;
    EXPECT_EQ(queued(), "1");
    EXPECT_THAT(host.claim(8), IsEmpty());
    EXPECT_EQ(queued(), "0");
    host.settle({succeeded(claimed.at(0))});
    EXPECT_EQ(task_state(task), "complete");
}

}  // namespace
}  // namespace tenon
