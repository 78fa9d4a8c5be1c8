#include "step_path_fixture.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <future>
#include <random>
#include <thread>
#include <tuple>

namespace tenon {
namespace {

using testing::succeeded;
using testing::TestHost;

/// Several hosts at once on tasks of every shape.
class ConcurrencyTest : public testing::StepPathTest {
protected:
    static constexpr int hosts = 4;
    static constexpr std::int32_t slots = 24;

    void SetUp() override {
        sql().exec(
            "ALTER TABLE tenon.workflow_steps ADD CHECK (waiting_on >= 0 AND attempts >= 0);"
            "ALTER TABLE tenon.tasks ADD CHECK (waiting_on >= 0)"
        );
        enroll(testing::chain(4));
        enroll(testing::diamond());
        enroll(testing::fan(20));
        enroll(testing::islands(6));
    }

    bool settled() {
        testing::SqlSession look(conninfo());
        return look.value(
                   "SELECT NOT EXISTS (SELECT FROM tenon.tasks "
                   "WHERE state = 'steps_in_process')"
               ) == "t";
    }

    /// Works until no task is open. Each call carries a random part of what is at hand, so that
    /// the steps of a task end up in different calls of different hosts.
    void work(unsigned seed, double failure_rate) {
        std::mt19937 random(seed);
        std::bernoulli_distribution fails(failure_rate);
        TestHost host(conninfo());
        std::vector<ClaimedStep> at_hand;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(50);
        while (std::chrono::steady_clock::now() < deadline) {
            std::ranges::shuffle(at_hand, random);
            const auto count = at_hand.empty() ? 0 : 1 + random() % at_hand.size();
            std::vector<SettledStep> done;
            for (std::size_t i = 0; i < count; ++i) {
                const auto& claim = at_hand.back();
                done.push_back(
                    fails(random) ? testing::failed(claim, testing::ordinary_failure())
                                  : succeeded(claim)
                );
                at_hand.pop_back();
            }
            const std::array<std::string, 1> queues{testing::test_queue};
            auto reply = host.gateway().advance(
                {.settled = done,
                 .queues = queues,
                 .refused = {},
                 .want = slots - static_cast<std::int32_t>(at_hand.size())}
            );
            EXPECT_TRUE(reply.refused_results.empty());
            std::ranges::move(reply.claimed, std::back_inserter(at_hand));
            if (at_hand.empty() && settled()) {
                return;
            }
        }
        ADD_FAILURE() << "the tasks did not come to an end";
    }

    void work_together(double failure_rate) {
        std::vector<std::jthread> working;
        for (unsigned seed = 1; seed <= hosts; ++seed) {
            working.emplace_back([this, seed, failure_rate] {
                try {
                    work(seed, failure_rate);
                } catch (const std::exception& error) {
                    ADD_FAILURE() << error.what();
                }
            });
        }
    }

    std::string count(const std::string& what) {
        return sql().value("SELECT count(*) FROM " + what);
    }
};

TEST_F(ConcurrencyTest, EveryStepOfFiveHundredTasksIsSettledOnce) {
    for (const auto* name : {"chain", "diamond", "fan", "islands"}) {
        submit_many(name, 125);
    }
    work_together(0.0);
    EXPECT_EQ(count("tenon.tasks WHERE state <> 'complete' OR waiting_on <> 0"), "0");
    EXPECT_EQ(count("tenon.workflow_steps WHERE state <> 'complete' OR attempts <> 1"), "0");
    EXPECT_EQ(
        count("(SELECT FROM tenon.workflow_step_transitions WHERE to_state = 'complete' "
              "GROUP BY task_uuid, step_no HAVING count(*) = 1) AS once"),
        std::to_string(125 * (4 + 4 + 22 + 6))
    );
    EXPECT_EQ(queued(), "0");
    EXPECT_EQ(
        sql().value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"),
        "0"
    );
}

TEST_F(ConcurrencyTest, TasksWithSeveralSinksAndFailuresComeToRestWithoutDeadlocks) {
    auto frail = testing::islands(6);
    frail.name = "frail";
    for (auto& step : frail.steps) {
        step.retry.max_attempts = 1;
    }
    enroll(frail);
    submit_many("frail", 300);
    work_together(0.1);
    EXPECT_EQ(
        count(
            "tenon.tasks AS t WHERE state <> CASE WHEN failed_steps = 0 THEN 'complete' "
            "ELSE 'blocked_by_failures' END::tenon.task_state OR failed_steps <> (SELECT count(*) "
            "FROM tenon.workflow_steps AS s WHERE s.task_uuid = t.task_uuid AND s.state = 'error')"
        ),
        "0"
    );
    EXPECT_EQ(
        sql().value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"),
        "0"
    );
}

/// Two calls that each settle a step of two tasks, the one first what the other does last. A third
/// session holds both up in the middle.
TEST_F(ConcurrencyTest, CallsThatCrossDoNotDeadlock) {
    enroll(testing::workflow("pair", {testing::restless("a", 1), testing::restless("b", 1)}));
    submit_many("pair", 2);
    TestHost host(conninfo());
    database::StepGateway other_lane({.conninfo = conninfo()}, host.id());
    auto claims = host.claim(4);
    ASSERT_EQ(claims.size(), 4U);
    std::ranges::sort(claims, {}, [](const auto& claim) {
        return std::pair(claim.task, claim.step_no);
    });
    const auto& [a1, a2, b1, b2] = std::tie(claims[0], claims[1], claims[2], claims[3]);

    testing::SqlSession third(conninfo());
    third.exec("BEGIN");
    third.rows(
        "SELECT FROM tenon.workflow_steps WHERE (task_uuid, step_no) IN (($1, 1), ($2, 2)) FOR "
        "UPDATE",
        {a1.task.to_string(), b2.task.to_string()}
    );
    const auto failure = testing::ordinary_failure();
    const std::vector<SettledStep> first{succeeded(b1), testing::failed(a1, failure)};
    const std::vector<SettledStep> second{succeeded(a2), testing::failed(b2, failure)};
    const auto send = [](database::StepGateway& lane, const std::vector<SettledStep>& settled) {
        return std::async(std::launch::async, [&] {
            return lane.advance({.settled = settled, .queues = {}, .refused = {}, .want = 0});
        });
    };
    auto one = send(host.gateway(), first);
    auto two = send(other_lane, second);
    for (const int pid : {host.gateway().backend_pid(), other_lane.backend_pid()}) {
        while (sql().value("SELECT pg_blocking_pids($1) = '{}'", {std::to_string(pid)}) == "t") {
        }
    }
    third.exec("COMMIT");
    EXPECT_EQ(one.get().finished.size() + two.get().finished.size(), 2U);
    EXPECT_EQ(count("tenon.tasks WHERE state = 'blocked_by_failures'"), "2");
}

}  // namespace
}  // namespace tenon
