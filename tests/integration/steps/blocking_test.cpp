#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace tenon {
namespace {

using testing::failed;
using ::testing::IsEmpty;
using testing::restless;
using testing::step;
using testing::succeeded;
using testing::TestHost;
using testing::workflow;

/// A task is blocked when a step failed for good and nothing else of it can run.
class BlockingTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    static StepFailure final_failure() {
        auto failure = testing::ordinary_failure();
        failure.retryable = false;
        return failure;
    }

    void expect_blocked(const database::AdvanceReply& reply, TaskId task) {
        ASSERT_EQ(reply.finished.size(), 1U);
        EXPECT_EQ(reply.finished[0].task, task);
        EXPECT_EQ(reply.finished[0].state, "blocked_by_failures");
        EXPECT_EQ(task_state(task), "blocked_by_failures");
    }
};

TEST_F(BlockingTest, AnIndependentBranchGoesOnToItsEnd) {
    enroll(workflow("branches", {step("a1"), step("a2", {"a1"}), step("b1"), step("b2", {"b1"})}));
    const auto task = submit("branches");
    const auto claims = host.claim(2);
    ASSERT_EQ(claims.size(), 2U);
    EXPECT_THAT(host.settle({failed(claims[0], final_failure())}).finished, IsEmpty());
    EXPECT_EQ(task_state(task), "steps_in_process");
    const auto next = host.settle({succeeded(claims[1])}, 1);
    EXPECT_THAT(next.finished, IsEmpty());
    expect_blocked(host.settle({succeeded(next.claimed.at(0))}), task);
    EXPECT_EQ(of_task(task, "concat(failed_steps, waiting_on, settled_at)"), "11");
}

TEST_F(BlockingTest, AnotherStepThatWaitsForItsRetryKeepsTheTaskOpen) {
    enroll(workflow("pair", {restless("a", 1), restless("b", 2)}));
    const auto task = submit("pair");
    const auto claims = host.claim(2);
    EXPECT_THAT(
        host.settle({failed(claims.at(0), testing::ordinary_failure()),
                     failed(claims.at(1), testing::ordinary_failure())})
            .finished,
        IsEmpty()
    );
    ASSERT_EQ(release_all(), "1");
    expect_blocked(host.settle({succeeded(host.claim(1).at(0))}), task);
}

TEST_F(BlockingTest, FailureAndLastSuccessInOneBatchBlockTheTask) {
    enroll(testing::islands(2));
    const auto task = submit("islands");
    const auto claims = host.claim(2);
    expect_blocked(
        host.settle({failed(claims.at(0), final_failure()), succeeded(claims.at(1))}), task
    );
}

TEST_F(BlockingTest, EveryFailedStepIsCounted) {
    enroll(testing::islands(3));
    const auto task = submit("islands");
    std::vector<SettledStep> settled;
    for (const auto& claim : host.claim(3)) {
        settled.push_back(failed(claim, final_failure()));
    }
    expect_blocked(host.settle(settled), task);
    EXPECT_EQ(of_task(task, "failed_steps"), "3");
}

/// Two settlements of one task on two connections, each unable to see the other's.
class SettlementRaceTest : public BlockingTest {
protected:
    void SetUp() override {
        enroll(testing::islands(2));
        task_ = submit("islands");
        mine_ = host.claim(1).at(0);
        others_ = other_.claim(1).at(0);
        mine_sql_ = "SELECT string_agg(body, '') FROM tenon.advance(" + host.number();
        others_sql_ = "SELECT string_agg(body, '') FROM tenon.advance(" + other_.number();
    }

    static std::string arguments(const ClaimedStep& claim, bool success) {
        const std::string result = success ? "'{}'" : "NULL";
        const std::string failure = success ? "NULL" : R"('{"message":"m","retryable":false}')";
        return ", ARRAY['" + claim.task.to_string() + "'::uuid], ARRAY[" +
               std::to_string(claim.step_no) + "], '{1}', '{1}', ARRAY[" + result +
               "]::json[], ARRAY[" + failure + "]::json[], '{}', '{}', 0)";
    }

    /// The first settles but does not commit until the second is waiting for it.
    void race(const std::string& first, const std::string& second) {
        testing::SqlSession one(conninfo());
        testing::SqlSession two(conninfo());
        one.exec("BEGIN");
        one.exec(first);
        auto result = std::async(std::launch::async, [&] { return two.value(second); });
        const auto blocked =
            "SELECT cardinality(pg_blocking_pids(" + std::to_string(two.backend_pid()) + "))";
        while (sql().value(blocked) == "0" &&
               result.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout) {
        }
        EXPECT_EQ(sql().value(blocked), "1") << "the second did not wait for the first";
        one.exec("COMMIT");
        EXPECT_EQ(result.get(), "blocked_by_failures");
        EXPECT_EQ(task_state(task_), "blocked_by_failures");
        EXPECT_EQ(
            sql().value("SELECT count(*) FROM tenon.task_transitions WHERE to_state = "
                        "'blocked_by_failures'"),
            "1"
        );
    }

    TestHost other_{conninfo()};
    TaskId task_;
    ClaimedStep mine_;
    ClaimedStep others_;
    std::string mine_sql_;
    std::string others_sql_;
};

TEST_F(SettlementRaceTest, AFailureThenASuccess) {
    race(mine_sql_ + arguments(mine_, false), others_sql_ + arguments(others_, true));
}

TEST_F(SettlementRaceTest, ASuccessThenAFailure) {
    race(mine_sql_ + arguments(mine_, true), others_sql_ + arguments(others_, false));
}

TEST_F(SettlementRaceTest, TwoFailures) {
    race(mine_sql_ + arguments(mine_, false), others_sql_ + arguments(others_, false));
}

}  // namespace
}  // namespace tenon
