#include "orchestration/services/retry_timer_service.hpp"

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <iostream>
#include <mutex>

namespace tenon::orchestration {
namespace {

using ::testing::Each;
using namespace std::chrono_literals;

class RetryTimerServiceTest : public testing::StepPathTest {
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

    RetryTimerService::OnReleased observer() {
        return [this](const std::vector<std::string>& namespaces) {
            const std::scoped_lock lock(mutex);
            woken.insert(woken.end(), namespaces.begin(), namespaces.end());
            news.notify_all();
        };
    }

    bool await_released(int count) {
        const auto enough = [&] {
            return std::stoi(sql().value("SELECT count(*) FROM tenon.due")) + count ==
                   std::stoi(sql().value("SELECT count(*) FROM was_due"));
        };
        std::unique_lock lock(mutex);
        return news.wait_for(lock, 20s, enough);
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
    database::StepRepository steps{pool()};
    std::optional<std::chrono::milliseconds> earliest;
    std::mutex mutex;
    std::condition_variable news;
    std::vector<std::string> woken;
};

TEST_F(RetryTimerServiceTest, ReleasesAnAnnouncedRetryWhenItsTimeComes) {
    RetryTimerService timer(steps, observer());
    const auto tasks = fail_for({150ms});
    timer.scheduled(earliest.value());
    ASSERT_TRUE(await_released(1));
    timer.stop();
    EXPECT_EQ(step_states(tasks[0]), "enqueued");
    EXPECT_THAT(woken, ::testing::ElementsAre("steps"));
    std::cout << "released " << lateness(tasks[0]) << " ms after it was due\n";
    EXPECT_GE(lateness(tasks[0]), 0);
    EXPECT_LT(lateness(tasks[0]), 600) << "it waited for the next look instead of its time";
}

TEST_F(RetryTimerServiceTest, ReleasesEachInItsTurn) {
    const auto tasks = fail_for({300ms, 20ms, 160ms});
    RetryTimerService timer(steps, observer());
    ASSERT_TRUE(await_released(3));
    timer.stop();
    EXPECT_THAT(woken, Each("steps"));
    for (const auto& task : tasks) {
        EXPECT_GE(lateness(task), 0);
        std::cout << "released " << lateness(task) << " ms after it was due\n";
    }
}

TEST_F(RetryTimerServiceTest, FindsRetriesThatNobodyAnnounced) {
    RetryTimerService timer(steps, observer());
    fail_for({30ms});
    EXPECT_TRUE(await_released(1));
}

TEST_F(RetryTimerServiceTest, TwoOfThemReleaseEachStepOnce) {
    RetryTimerService one(steps, observer());
    RetryTimerService two(steps, observer());
    fail_for(std::vector(40, 30ms));
    one.scheduled(earliest.value());
    two.scheduled(earliest.value());
    ASSERT_TRUE(await_released(40));
    one.stop();
    two.stop();
    EXPECT_EQ(queued(), "40");
}

TEST_F(RetryTimerServiceTest, CarriesOnAfterItsDatabaseWasAway) {
    RetryTimerService timer(steps, observer());
    sql().exec("ALTER FUNCTION tenon.release_due RENAME TO release_never");
    fail_for({1ms});
    timer.scheduled(0ms);
    sql().exec("ALTER FUNCTION tenon.release_never RENAME TO release_due");
    EXPECT_TRUE(await_released(1));
}

}  // namespace
}  // namespace tenon::orchestration
