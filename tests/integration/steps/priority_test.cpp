// The order of queues: priority is a head start that ages, and what is under way comes before what
// is new unless that is more urgent.

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tenon {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::succeeded;
using testing::TestHost;

class PriorityTest : public testing::StepPathTest {
protected:
    PriorityTest() { enroll(testing::chain(3)); }

    TaskId submit_with(int priority) {
        return TaskId::parse(sql().value(
            "SELECT tenon.submit('steps', 'chain', priority => $1::integer, ring => false)",
            {std::to_string(priority)}
        ));
    }

    /// As if everything that is queued had been submitted that much earlier.
    void age_queue(const std::string& by) {
        sql().exec("UPDATE pgmq.q_steps_queue SET vt = vt - interval '" + by + "'");
    }

    std::vector<TaskId> claim_all_singly() {
        std::vector<TaskId> order;
        for (auto claims = host.claim(1); !claims.empty(); claims = host.claim(1)) {
            order.push_back(claims.at(0).task);
        }
        return order;
    }

    TestHost host{conninfo()};
};

TEST_F(PriorityTest, HigherGoesFirstAndEqualsInTheOrderOfTheirSubmission) {
    const auto low = submit_with(-100);
    const auto first = submit_with(0);
    const auto second = submit_with(0);
    const auto high = submit_with(1);
    const auto highest = submit_with(100);
    EXPECT_THAT(claim_all_singly(), ElementsAre(highest, high, first, second, low));
}

TEST_F(PriorityTest, NothingStarvesBecauseWaitingCounts) {
    const auto patient = submit_with(-100);
    age_queue("599 s");
    const auto urgent = submit_with(100);
    EXPECT_THAT(claim_all_singly(), ElementsAre(urgent, patient));

    const auto older = submit_with(-100);
    age_queue("601 s");
    const auto newer = submit_with(100);
    EXPECT_THAT(claim_all_singly(), ElementsAre(older, newer));
}

TEST_F(PriorityTest, ATaskUnderWayKeepsItsHostFromNewOnes) {
    const auto running = submit_with(0);
    auto claim = host.claim(1).at(0);
    submit_with(0);
    const auto reply = host.succeed({claim}, 1);
    ASSERT_THAT(reply.claimed, SizeIs(1));
    EXPECT_EQ(reply.claimed[0].task, running);
    EXPECT_EQ(reply.claimed[0].step_no, 2);
    EXPECT_THAT(reply.fed_namespaces, IsEmpty()) << "it went through no queue";
}

TEST_F(PriorityTest, AMoreUrgentTaskGoesBeforeTheNextStepOfOneUnderWay) {
    const auto running = submit_with(0);
    const auto claim = host.claim(1).at(0);
    const auto urgent = submit_with(50);
    auto reply = host.succeed({claim}, 1);
    ASSERT_THAT(reply.claimed, SizeIs(1));
    EXPECT_EQ(reply.claimed[0].task, urgent);
    EXPECT_EQ(of_step(running, 2, "s.state"), "enqueued");

    // The urgent one goes on at once, and the other waits until it is through.
    reply = host.succeed(reply.claimed, 1);
    EXPECT_EQ(reply.claimed.at(0).task, urgent);
    reply = host.succeed(reply.claimed, 1);
    EXPECT_EQ(reply.claimed.at(0).task, urgent);
    reply = host.succeed(reply.claimed, 1);
    EXPECT_EQ(reply.claimed.at(0).task, running);
}

TEST_F(PriorityTest, StepsOfCancelledTasksDoNotHoldUpThoseBehindThem) {
    submit_many("chain", 3000);
    sql().exec("SELECT tenon.cancel_tasks(ARRAY(SELECT task_uuid FROM tenon.tasks), 'me', NULL)");
    const auto alive = submit_with(0);
    EXPECT_EQ(queued(), "3001");
    const auto claims = host.claim(1);
    ASSERT_THAT(claims, SizeIs(1));
    EXPECT_EQ(claims[0].task, alive);
    EXPECT_EQ(queued(), "0") << "what waits for nobody was cleared away";
}

}  // namespace
}  // namespace tenon
