#include "worker/services/step_pump.hpp"

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace tenon {
namespace {

using namespace std::chrono_literals;
using testing::succeeded;
using testing::TestHost;
using worker::StepPump;

/// The real pump on the real database; handlers are whatever `handler` makes of a step.
class StepPumpTest : public testing::StepPathTest {
protected:
    StepPump::Options options(int lanes) {
        return {
            .gateway = {.conninfo = conninfo()}, .host_id = host.id(), .slots = 32, .lanes = lanes
        };
    }

    void start(int lanes) {
        pump.emplace(
            options(lanes),
            StepPump::Observers{
                .claimed =
                    [this](std::vector<ClaimedStep> steps) {
                        for (const auto& step : steps) {
                            if (auto settled = handler(step)) {
                                pump->inbox().add(*std::move(settled));
                            }
                        }
                    },
                .finished = [this](const auto& tasks) { count(tasks.size()); },
                .fed = [this](const auto&) { pump->inbox().hint_all(); },
                .retry_scheduled = [this](auto) { ++retries; },
                .queued = [this](auto count) { queued_results += count; },
                .lost = [this] { lost = true; },
                .looked = [] {}
            }
        );
        pump->inbox().set_poll_intervals({.busy = 1h, .idle = 1h});
        pump->start();
        pump->inbox().set_queues({testing::test_queue});
    }

    void count(std::size_t more) {
        const std::scoped_lock lock(mutex);
        finished += more;
        news.notify_all();
    }

    bool await_finished(std::size_t wanted) {
        std::unique_lock lock(mutex);
        return news.wait_for(lock, 30s, [&] { return finished >= wanted; });
    }

    TestHost host{conninfo()};
    std::function<std::optional<SettledStep>(const ClaimedStep&)> handler =
        [](const ClaimedStep& step) { return succeeded(step); };
    std::optional<StepPump> pump;
    std::atomic<int> retries = 0;
    std::atomic<int> queued_results = 0;
    std::atomic<bool> lost = false;
    std::mutex mutex;
    std::condition_variable news;
    std::size_t finished = 0;
};

TEST_F(StepPumpTest, AChainOfFourOnOneLaneTakesFiveCalls) {
    enroll(testing::chain(4));
    const auto task = submit("chain");
    start(1);
    ASSERT_TRUE(await_finished(1));
    pump->stop();
    EXPECT_EQ(task_state(task), "complete");
    const auto statistics = pump->statistics();
    EXPECT_EQ(statistics.calls, 5U);
    EXPECT_EQ(statistics.claimed, 4U);
    EXPECT_EQ(statistics.settled, 4U);
    EXPECT_EQ(statistics.refused, 0U);
}

TEST_F(StepPumpTest, SeveralLanesShareTheWork) {
    enroll(testing::fan(30));
    submit_many("fan", 20);
    start(3);
    ASSERT_TRUE(await_finished(20));
    pump->stop();
    EXPECT_EQ(pump->statistics().settled, 20U * 32U);
    EXPECT_EQ(pump->statistics().claimed, 20U * 32U);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE attempts <> 1"), "0");
}

TEST_F(StepPumpTest, BrokenConnectionsLoseNothing) {
    enroll(testing::chain(4));
    submit_many("chain", 300);
    std::atomic<int> begun = 0;
    handler = [&](const ClaimedStep& step) {
        if (++begun % 250 == 0) {
            testing::SqlSession killer(conninfo());
            killer.exec(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                "current_database() AND application_name = 'tenon pump'"
            );
        }
        return succeeded(step);
    };
    start(3);
    ASSERT_TRUE(await_finished(1)) << "not even one";
    const auto open = "SELECT count(*) FROM tenon.tasks WHERE state <> 'complete'";
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (sql().value(open) != "0" && std::chrono::steady_clock::now() < deadline) {
        pump->inbox().hint_all();
    }
    EXPECT_EQ(sql().value(open), "0");
    EXPECT_TRUE(pump->inbox().wait_settled(deadline));
    pump->stop();
    EXPECT_GE(pump->statistics().reconnects, 3U);
    EXPECT_FALSE(lost);
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM (SELECT FROM tenon.workflow_step_transitions "
                    "WHERE to_state = 'complete' GROUP BY task_uuid, step_no HAVING count(*) = 1) t"
        ),
        "1200"
    );
}

TEST_F(StepPumpTest, AResultThatCannotBeStoredFailsOnlyItsOwnStep) {
    enroll(testing::chain(1));
    const auto tasks = submit_many("chain", 8);
    handler = [&](const ClaimedStep& step) {
        return succeeded(step, step.task == tasks[3] ? "this is not JSON" : "6");
    };
    start(2);
    ASSERT_TRUE(await_finished(8));
    pump->stop();
    for (const auto& task : tasks) {
        EXPECT_EQ(step_states(task), task == tasks[3] ? "error" : "complete");
    }
    EXPECT_EQ(of_step(tasks[3], 1, "failure ->> 'error_code'"), "INVALID_RESULT");
    EXPECT_EQ(task_state(tasks[3]), "blocked_by_failures");
}

TEST_F(StepPumpTest, ARetryIsAnnouncedEvenWhenItsBatchHadToBeSplit) {
    enroll(testing::islands(2));
    submit("islands");
    handler = [&](const ClaimedStep& step) {
        return step.step_no == 1 ? succeeded(step, "this is not JSON")
                                 : testing::failed(step, testing::ordinary_failure());
    };
    start(1);
    const auto settled = [this] {
        return sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE settled_at IS NOT NULL"
        );
    };
    while (settled() != "2") {
    }
    EXPECT_TRUE(pump->inbox().wait_settled(std::chrono::steady_clock::now() + 20s));
    pump->stop();
    EXPECT_EQ(retries, 1);
}

TEST_F(StepPumpTest, AHostThatWasDeclaredLostIsTold) {
    enroll(testing::chain(2));
    handler = [](const ClaimedStep&) { return std::nullopt; };
    start(2);
    sql().exec("UPDATE tenon.hosts SET state = 'lost'");
    sql().exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        "current_database() AND application_name = 'tenon pump'"
    );
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!lost && std::chrono::steady_clock::now() < deadline) {
        pump->inbox().hint_all();
    }
    EXPECT_TRUE(lost);
    pump->stop();
}

// Its lanes wait for the host's new registration, and carry there what handlers made too late.
TEST_F(StepPumpTest, ResultsOfALostHostAreRefusedUnderItsNextRegistration) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    std::vector<SettledStep> late;
    handler = [&](const ClaimedStep& step) -> std::optional<SettledStep> {
        late.push_back(succeeded(step));
        count(1);
        return std::nullopt;
    };
    start(1);
    ASSERT_TRUE(await_finished(1)) << "the step was not claimed";
    sql().exec("UPDATE tenon.hosts SET state = 'lost'");
    sql().exec(
        "UPDATE tenon.workflow_steps SET state = 'enqueued', host_id = NULL "
        "WHERE state = 'in_progress'"
    );
    sql().exec(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
        "current_database() AND application_name = 'tenon pump'"
    );
    pump->inbox().drain();
    pump->inbox().add(late.at(0));
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!lost && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(lost);
    EXPECT_EQ(pump->statistics().refused, 0U);

    // The new registration has a claim of its own, which is none of this pump's business.
    TestHost successor(conninfo());
    submit("chain");
    ASSERT_EQ(successor.claim(1).size(), 1U);
    pump->carry_on_as(successor.id());
    EXPECT_TRUE(pump->inbox().wait_settled(std::chrono::steady_clock::now() + 20s));
    pump->stop();
    EXPECT_EQ(pump->statistics().refused, 1U);
    EXPECT_EQ(pump->statistics().claimed, 1U);
    EXPECT_EQ(step_states(task), "enqueued pending");
}

TEST_F(StepPumpTest, StopCarriesTheResultsThatAreThere) {
    enroll(testing::chain(1));
    const auto tasks = submit_many("chain", 10);
    std::vector<SettledStep> held;
    std::mutex holding;
    handler = [&](const ClaimedStep& step) -> std::optional<SettledStep> {
        const std::scoped_lock lock(holding);
        held.push_back(succeeded(step));
        count(held.size() == 10 ? 1 : 0);
        return std::nullopt;
    };
    start(1);
    ASSERT_TRUE(await_finished(1)) << "ten steps were not claimed";
    pump->inbox().drain();
    for (auto& settled : held) {
        pump->inbox().add(std::move(settled));
    }
    pump->stop();
    for (const auto& task : tasks) {
        EXPECT_EQ(task_state(task), "complete");
    }
}

TEST_F(StepPumpTest, ARefusedTemplateIsRememberedOnce) {
    const auto id = enroll(testing::chain(1));
    submit("chain");
    pump.emplace(options(1), StepPump::Observers{});
    EXPECT_TRUE(pump->refuse(id));
    EXPECT_FALSE(pump->refuse(id));
    EXPECT_EQ(queued(), "1");
}

}  // namespace
}  // namespace tenon
