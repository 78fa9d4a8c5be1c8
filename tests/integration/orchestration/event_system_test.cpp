#include "messaging/channels.hpp"
#include "messaging/queue_names.hpp"
#include "orchestration/event_systems/orchestration_event_system.hpp"
#include "orchestration_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <optional>

namespace tenon::orchestration {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class EventSystemTest : public testing::OrchestrationTest {
protected:
    ~EventSystemTest() override {
        if (events) {
            events->stop();
        }
    }

    void start(DeploymentMode mode, std::optional<std::chrono::milliseconds> interval = {}) {
        OrchestrationEventSystem::Options options;
        options.mode = mode;
        options.poll_interval = interval;
        events.emplace(options, commands(), reading());
        if (uses_notifications(mode)) {
            events->process_event(ListenerConnected{});
        }
        events->start();
        await_first_look();
    }

    /// What the poller finds at the start is found; from here on it is a matter of the mode.
    void await_first_look() {
        while (events->statistics().polls == 0) {
            sql().exec("SELECT pg_sleep(0.002)");
        }
    }

    void request() {
        send(messaging::task_requests_queue, R"({"namespace":"steps","name":"chain"})");
    }

    void hear(std::string_view channel, std::string_view payload) {
        events->process_event(
            NotificationHeard{{.channel = std::string(channel), .payload = std::string(payload)}}
        );
    }

    QueueStatistics of(std::string_view queue) {
        for (const auto& each : events->statistics().queues) {
            if (each.queue == queue) {
                return each;
            }
        }
        return {};
    }

    std::optional<OrchestrationEventSystem> events;
};

TEST_F(EventSystemTest, FindsAtItsStartWhatWasThereBefore) {
    enroll(testing::chain(1));
    request();
    start(DeploymentMode::event_driven_only);
    EXPECT_TRUE(await_announced("fed steps"));
}

TEST_F(EventSystemTest, ABellIsEnoughWithoutPolling) {
    enroll(testing::chain(1));
    start(DeploymentMode::event_driven_only);
    for (int i = 1; i <= 3; ++i) {
        request();
        hear(messaging::channels::orchestration, messaging::task_requests_queue);
        EXPECT_TRUE(await_announced("fed steps", i));
    }
    EXPECT_EQ(events->statistics().surprises, 0U);
    EXPECT_EQ(of(messaging::task_requests_queue).rings, 3U);
    while (of(messaging::task_requests_queue).messages.processed < 3) {
        sql().exec("SELECT pg_sleep(0.002)");  // It is counted after it is announced.
    }
}

TEST_F(EventSystemTest, PollingFindsWhatNoBellAnnounced) {
    enroll(testing::chain(1));
    start(DeploymentMode::polling_only);
    request();
    EXPECT_TRUE(await_announced("fed steps"));
    EXPECT_GE(events->statistics().surprises, 1U);
}

TEST_F(EventSystemTest, APollerHearsNoBells) {
    start(DeploymentMode::polling_only, 10s);
    hear(messaging::channels::orchestration, messaging::task_requests_queue);
    EXPECT_EQ(of(messaging::task_requests_queue).rings, 0U);
    EXPECT_EQ(events->health_check().status, HealthStatus::healthy);
}

TEST_F(EventSystemTest, ATaskGoesThroughAllThreeQueues) {
    enroll(testing::chain(1));
    start(DeploymentMode::hybrid, 20ms);
    request();
    ASSERT_TRUE(await_announced("fed steps"));
    const auto task = TaskId::parse(sql().value("SELECT task_uuid FROM tenon.tasks"));
    send_result(task, 1, R"("status":"completed","result":1)");
    EXPECT_TRUE(await_announced("ended complete"));
    EXPECT_EQ(task_state(task), "complete");
}

TEST_F(EventSystemTest, ChangesItsModeWhileItRuns) {
    enroll(testing::chain(1));
    start(DeploymentMode::event_driven_only);
    EXPECT_EQ(events->deployment_mode(), DeploymentMode::event_driven_only);
    request();
    events->set_deployment_mode(DeploymentMode::polling_only);
    EXPECT_TRUE(await_announced("fed steps")) << "nobody rang, and the old mode polls seldom";
    EXPECT_EQ(events->statistics().mode, DeploymentMode::polling_only);
}

TEST_F(EventSystemTest, PollsAtOnceWhenTheListenerIsLost) {
    enroll(testing::chain(1));
    start(DeploymentMode::event_driven_only);
    EXPECT_EQ(events->health_check().status, HealthStatus::healthy);
    request();
    events->process_event(ListenerLost{});
    EXPECT_TRUE(await_announced("fed steps"));
    const auto health = events->health_check();
    EXPECT_EQ(health.status, HealthStatus::degraded);
    EXPECT_EQ(health.message, "no bell is heard; polling instead");
    request();
    EXPECT_TRUE(await_announced("fed steps", 2)) << "and goes on polling";
}

TEST_F(EventSystemTest, TakesOverWhatADeadHostHadRead) {
    enroll(testing::chain(1));
    start(DeploymentMode::event_driven_only);
    request();
    // Another host reads the message and dies.
    sql().rows("SELECT * FROM pgmq.read('orchestration_task_requests', 30, 1)");
    hear(messaging::channels::orchestration, messaging::task_requests_queue);
    while (of(messaging::task_requests_queue).drains == 0) {
        sql().exec("SELECT pg_sleep(0.002)");
    }
    EXPECT_EQ(of(messaging::task_requests_queue).messages.read, 0U);
    events->process_event(HostLost{});
    EXPECT_TRUE(await_announced("fed steps"));
}

TEST_F(EventSystemTest, TakesOverAtItsStartWhatItHadReadBeforeItDied) {
    enroll(testing::chain(1));
    request();
    sql().rows("SELECT * FROM pgmq.read('orchestration_task_requests', 30, 1)");
    start(DeploymentMode::event_driven_only);
    EXPECT_TRUE(await_announced("fed steps"));
}

TEST_F(EventSystemTest, SaysWhyAQueueCannotBeDrainedAndGoesOnWhenItCan) {
    enroll(testing::chain(1));
    sql().exec("ALTER TABLE pgmq.q_orchestration_task_requests RENAME TO away");
    start(DeploymentMode::event_driven_only);
    hear(messaging::channels::orchestration, messaging::task_requests_queue);
    while (of(messaging::task_requests_queue).failed == 0) {
        sql().exec("SELECT pg_sleep(0.002)");
    }
    const auto health = events->health_check();
    EXPECT_EQ(health.status, HealthStatus::degraded);
    EXPECT_THAT(
        health.message,
        HasSubstr("queue orchestration_task_requests cannot be drained: the database refused")
    );
    sql().exec("ALTER TABLE pgmq.away RENAME TO q_orchestration_task_requests");
    request();
    EXPECT_TRUE(await_announced("fed steps"));
    while (of(messaging::task_requests_queue).drains == 0) {
        sql().exec("SELECT pg_sleep(0.002)");
    }
    EXPECT_EQ(events->health_check().status, HealthStatus::healthy);
}

TEST_F(EventSystemTest, ReleasesRetriesThatAreScheduledWhileItRuns) {
    enroll(testing::workflow("patient", {testing::restless("s1", 5)}));
    const auto task = submit("patient");
    testing::TestHost host{conninfo()};
    start(DeploymentMode::event_driven_only);
    auto failure = testing::ordinary_failure();
    failure.retry_after = 40ms;
    const auto reply = host.settle({testing::failed(host.claim(1).at(0), failure)});
    events->process_event(RetryScheduled{reply.retry_in.value()});
    EXPECT_TRUE(await_announced("fed steps"));
    EXPECT_EQ(step_states(task), "enqueued");
    // Counted when the announcement is through.
    while (events->statistics().released == 0) {
        sql().exec("SELECT pg_sleep(0.002)");
    }
    EXPECT_EQ(events->statistics().released, 1U);
}

TEST_F(EventSystemTest, StartsAgainAfterAStop) {
    enroll(testing::chain(1));
    start(DeploymentMode::event_driven_only);
    EXPECT_TRUE(events->is_running());
    events->start();
    events->stop();
    events->stop();
    EXPECT_FALSE(events->is_running());
    EXPECT_EQ(events->health_check().status, HealthStatus::unhealthy);
    EXPECT_EQ(events->health_check().message, "the event system does not run");
    request();
    hear(messaging::channels::orchestration, messaging::task_requests_queue);
    events->start();
    EXPECT_TRUE(await_announced("fed steps"));
}

TEST_F(EventSystemTest, AnIdleOneAsksTheDatabaseAtMostTwiceASecond) {
    start(DeploymentMode::hybrid);
    for (int i = 0; i < 3000 && events->statistics().polls < 2; ++i) {
        sql().exec("SELECT pg_sleep(0.002)");
    }
    const auto before = events->statistics();
    sql().exec("SELECT pg_sleep(2)");
    const auto after = events->statistics();
    EXPECT_LE(after.polls - before.polls, 3U);
    for (const auto& queue : after.queues) {
        EXPECT_EQ(queue.rings, 0U) << queue.queue;
        EXPECT_EQ(queue.messages.read, 0U) << queue.queue;
    }
}

}  // namespace
}  // namespace tenon::orchestration
