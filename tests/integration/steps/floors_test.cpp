// Claims cost the same whatever was on the queue before, and still find everything that is on it.

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>
#include <iostream>
#include <string>
#include <vector>

namespace tenon {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::SqlSession;
using testing::TestHost;
using ::testing::UnorderedElementsAre;

class FloorsTest : public testing::StepPathTest {
protected:
    void SetUp() override {
        enroll(testing::chain(2));
        sql().exec("ALTER TABLE pgmq.q_steps_queue SET (autovacuum_enabled = off)");
    }

    TaskId submit_with(SqlSession& session, int priority) {
        return TaskId::parse(session.value(
            "SELECT tenon.submit('steps', 'chain', priority => $1::integer, ring => false)",
            {std::to_string(priority)}
        ));
    }

    void raise() { sql().exec("SELECT tenon.raise_floors()"); }

    /// Where the floor stands, in microseconds.
    std::int64_t floor() {
        return std::stoll(sql().value("SELECT last_value FROM tenon.floor_steps_queue"));
    }

    /// How many buffers a look at the queue's head touches, once its plan is made.
    int buffers_of_a_look() {
        sql().value("SELECT tenon.queue_head('steps_queue')");
        const auto lines = sql().rows(
            "EXPLAIN (ANALYZE, BUFFERS, TIMING off, COSTS off) SELECT "
            "tenon.queue_head('steps_queue')"
        );
        for (const auto& line : lines) {
            const auto hit = line.at(0)->find("shared hit=");
            if (hit != std::string::npos) {
                return std::stoi(line.at(0)->substr(hit + 11));
            }
        }
        return 0;
    }
};

TEST_F(FloorsTest, WhatWasTakenIsNotWalkedPastAgainWhileATransactionHoldsBackVacuum) {
    TestHost host(conninfo());
    submit_many("chain", 20'000);
    SqlSession holder(conninfo());
    holder.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pgmq.q_steps_queue");
    for (int i = 0; i < 19; ++i) {
        ASSERT_THAT(host.claim(1000), SizeIs(1000));
    }
    const auto without = buffers_of_a_look();
    raise();
    const auto with = buffers_of_a_look();
    std::cout << fmt::format(
        "buffers for a look past 19 000 dead messages: {} without a floor, {} with\n", without, with
    );
    EXPECT_GT(without, 300) << "nothing dead stands in the way: the test tests nothing";
    EXPECT_LE(with, 30);
    EXPECT_THAT(host.claim(2000), SizeIs(1000));
}

TEST_F(FloorsTest, UrgentWorkIsFoundBelowThem) {
    TestHost host(conninfo());
    submit_many("chain", 10);
    host.claim(5);
    raise();
    const auto before = floor();
    EXPECT_GT(before, 0);
    const auto urgent = submit_with(sql(), 50);
    EXPECT_LT(floor(), before);
    const auto claims = host.claim(1);
    ASSERT_THAT(claims, SizeIs(1));
    EXPECT_EQ(claims.at(0).task, urgent);
    raise();
    EXPECT_EQ(floor(), before);
    EXPECT_THAT(host.claim(10), SizeIs(5));
}

TEST_F(FloorsTest, WaitForWhoeverIsAboutToSend) {
    TestHost host(conninfo());
    submit_many("chain", 10);
    host.claim(5);
    SqlSession sender(conninfo());
    sender.exec("BEGIN");
    const auto urgent = submit_with(sender, 50);
    const auto before = floor();
    raise();
    EXPECT_EQ(floor(), before) << "raised above a message that is not visible yet";
    EXPECT_THAT(host.claim(1), SizeIs(1)) << "nobody waits meanwhile";
    sender.exec("COMMIT");
    const auto claims = host.claim(1);
    ASSERT_THAT(claims, SizeIs(1));
    EXPECT_EQ(claims.at(0).task, urgent);
    raise();
    EXPECT_GT(floor(), before);
}

TEST_F(FloorsTest, StayBelowWhatIsClaimedAndNotCommitted) {
    submit_many("chain", 3);
    TestHost host(conninfo());
    SqlSession claimer(conninfo());
    claimer.exec("BEGIN");
    claimer.exec("SELECT tenon.take_messages('steps_queue', '{}', 2)");
    raise();
    claimer.exec("ROLLBACK");
    EXPECT_THAT(host.claim(5), SizeIs(3));
}

TEST_F(FloorsTest, OfAnEmptyQueueLetTheNextTasksPass) {
    TestHost host(conninfo());
    submit_many("chain", 3);
    host.claim(5);
    raise();
    const auto raised = floor();
    EXPECT_GT(raised, 0);
    raise();
    EXPECT_EQ(floor(), raised) << "nothing was sent since: nothing is to be written";
    const auto ordinary = submit_with(sql(), 0);
    EXPECT_EQ(floor(), raised) << "ordinary work stands above it";
    const auto least = submit_with(sql(), -100);
    const auto most = submit_with(sql(), 100);
    std::vector<TaskId> order;
    for (const auto& claim : host.claim(5)) {
        order.push_back(claim.task);
    }
    EXPECT_THAT(order, UnorderedElementsAre(most, ordinary, least));
}

TEST_F(FloorsTest, AreForgottenByTheSecondLineOfRescue) {
    TestHost host(conninfo());
    submit("chain");
    // As after a restore, where the floor is of another moment than the rows.
    sql().exec("SELECT setval('tenon.floor_steps_queue', 4000000000000000)");
    EXPECT_THAT(host.claim(1), IsEmpty());
    sql().rows("SELECT tenon.resume_stale($1::integer)", {host.number()});
    EXPECT_THAT(host.claim(2), SizeIs(1));
}

}  // namespace
}  // namespace tenon
