#include "orchestration/event_systems/retry_timer.hpp"

#include "orchestration_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <optional>

namespace tenon::orchestration {
namespace {

using namespace std::chrono_literals;

class RetryTimerTest : public testing::OrchestrationTest {
protected:
    /// Fails one step per delay and returns their tasks in the order of the delays.
    std::vector<TaskId> fail_for(const std::vector<std::chrono::milliseconds>& delays) {
        enroll(testing::workflow("patient", {testing::restless("s1", 5)}));
        submit_many("patient", delays.size());
        std::vector<TaskId> tasks;
        std::vector<SettledStep> settled;
        for (const auto& claim : host.claim(static_cast<std::int32_t>(delays.size()))) {
            auto failure = testing::ordinary_failure();
            failure.retry_after = delays[tasks.size()];
            tasks.push_back(claim.task);
            settled.push_back(testing::failed(claim, failure));
        }
        earliest = host.settle(settled).retry_in;
        // Kept for later: the row of `due` goes when its time comes.
        sql().exec("CREATE TABLE was_due AS SELECT * FROM tenon.due");
        return tasks;
    }

    /// A timer that runs on a loop of its own.
    struct Running {
        explicit Running(CommandProcessor& commands) : timer(loop.executor(), commands) {
            loop.spawn("retry timer", timer.run());
        }

        EventLoop loop{"timer"};
        RetryTimer timer;

        ~Running() { loop.stop(); }
    };

    bool await_released(int count) {
        for (int i = 0; i < 4000; ++i) {
            const auto left = std::stoi(sql().value("SELECT count(*) FROM tenon.due"));
            if (left + count <= std::stoi(sql().value("SELECT count(*) FROM was_due"))) {
                return true;
            }
            sql().exec("SELECT pg_sleep(0.005)");
        }
        return false;
    }

    /// Milliseconds from the time a step was due to the time it was released.
    double lateness(TaskId task) {
        return std::stod(sql().value(
            "SELECT extract(epoch FROM t.at - d.due_at) * 1000 FROM was_due AS d "
            "JOIN tenon.workflow_step_transitions AS t USING (task_uuid, step_no) "
            "WHERE task_uuid = $1 AND from_state = 'waiting_for_retry'",
            {task.to_string()}
        ));
    }

    testing::TestHost host{conninfo()};
    std::optional<std::chrono::milliseconds> earliest;
};

TEST_F(RetryTimerTest, ReleasesAnAnnouncedRetryWhenItsTimeComes) {
    Running running(commands());
    const auto tasks = fail_for({150ms});
    running.timer.scheduled(earliest.value());
    ASSERT_TRUE(await_released(1));
    EXPECT_EQ(step_states(tasks[0]), "enqueued");
    EXPECT_TRUE(await_announced("fed steps"));
    std::cout << "released " << lateness(tasks[0]) << " ms after it was due\n";
    EXPECT_GE(lateness(tasks[0]), 0);
    EXPECT_LT(lateness(tasks[0]), 600) << "it waited for the next look instead of its time";
}

TEST_F(RetryTimerTest, ReleasesEachInItsTurn) {
    std::vector<std::chrono::milliseconds> delays;
    for (int i = 0; i < 100; ++i) {
        delays.emplace_back(20 + (i * 37) % 1000);
    }
    const auto tasks = fail_for(delays);
    Running running(commands());
    running.timer.scheduled(earliest.value());
    ASSERT_TRUE(await_released(100));
    std::vector<double> late;
    for (const auto& task : tasks) {
        late.push_back(lateness(task));
        EXPECT_GE(late.back(), 0);
    }
    std::ranges::sort(late);
    std::cout << "lateness: p50 " << late[50] << " ms, p99 " << late[98] << " ms\n";
    EXPECT_LT(late[50], 50);
    EXPECT_EQ(running.timer.released(), 100U);
}

TEST_F(RetryTimerTest, FindsRetriesThatNobodyAnnouncedWhenAnotherIsDue) {
    Running running(commands());
    fail_for({30ms});
    running.timer.scheduled(60ms);
    EXPECT_TRUE(await_released(1));
}

TEST_F(RetryTimerTest, TwoOfThemReleaseEachStepOnce) {
    Running one(commands());
    Running two(commands());
    fail_for(std::vector(40, 30ms));
    one.timer.scheduled(earliest.value());
    two.timer.scheduled(earliest.value());
    ASSERT_TRUE(await_released(40));
    EXPECT_EQ(queued(), "40");
}

TEST_F(RetryTimerTest, CarriesOnAfterItsDatabaseWasAway) {
    Running running(commands());
    sql().exec("ALTER FUNCTION tenon.release_due RENAME TO release_never");
    fail_for({1ms});
    running.timer.scheduled(0ms);
    sql().exec("ALTER FUNCTION tenon.release_never RENAME TO release_due");
    EXPECT_TRUE(await_released(1));
}

}  // namespace
}  // namespace tenon::orchestration
