#include "worker/event_systems/worker_event_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

namespace tenon::worker {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

/// Writes down what a worker is asked, in the place of its actors.
class RecordingActor {
public:
    bool handle(ExecuteStepFromEvent command) {
        write("work " + command.namespace_name);
        if (command.namespace_name == "broken") {
            throw Exception({ErrorCode::unavailable, "no slot in the world"});
        }
        return command.namespace_name != "foreign";
    }

    std::monostate handle(LookForWork /*command*/) {
        write("look");
        if (away) {
            throw Exception({ErrorCode::unavailable, "the database is away"});
        }
        return {};
    }

    std::monostate handle(CancelSteps command) {
        write("cancel " + command.task.to_string());
        return {};
    }

    std::monostate handle(SetPollIntervals command) {
        write("poll " + std::to_string(command.intervals.busy.count()));
        return {};
    }

    asio::awaitable<TemplateRefresh> handle(RefreshTemplateCache command) {
        write("refresh " + command.namespace_name.value_or("all"), refreshes_);
        if (std::exchange(refuse_refresh, false)) {
            throw Exception({ErrorCode::unavailable, "the database is away"});
        }
        co_return TemplateRefresh{};
    }

    std::vector<std::string> asked() { return take(asked_); }

    /// Waits until these were asked for, and forgets them.
    bool await_refreshes(const std::vector<std::string>& wanted) {
        std::unique_lock lock(mutex_);
        const bool came = news_.wait_for(lock, 5s, [&] { return refreshes_ == wanted; });
        refreshes_.clear();
        return came;
    }

    bool away = false;
    bool refuse_refresh = false;

private:
    void write(std::string line) { write(std::move(line), asked_); }

    void write(std::string line, std::vector<std::string>& lines) {
        const std::scoped_lock lock(mutex_);
        lines.push_back(std::move(line));
        news_.notify_all();
    }

    std::vector<std::string> take(std::vector<std::string>& lines) {
        const std::scoped_lock lock(mutex_);
        return std::exchange(lines, {});
    }

    std::mutex mutex_;
    std::condition_variable news_;
    std::vector<std::string> asked_;
    std::vector<std::string> refreshes_;
};

class WorkerEventSystemTest : public ::testing::Test {
protected:
    WorkerEventSystemTest() { commands->connect(actor); }

    void hear(std::string_view channel, const std::string& payload) {
        events.process_event(NotificationHeard{{.channel = std::string(channel), .payload = payload}
        });
    }

    RecordingActor actor;
    std::shared_ptr<WorkerCommandProcessor> commands =
        std::make_shared<WorkerCommandProcessor>(WorkerCommandProcessor::Options{});
    WorkerEventSystem events{{.mode = DeploymentMode::hybrid, .poll_interval = 700ms}};
};

const auto task = "01932c07-4b5e-7a3c-9f21-6d0e5b8a0000";

TEST_F(WorkerEventSystemTest, TurnsBellsIntoCommandsAndCountsThemByKind) {
    events.start(commands);
    events.process_event(ListenerConnected{});
    actor.asked();
    hear("tenon_work", "shop");
    hear("tenon_work", "foreign");
    hear("tenon_cancel", task);
    hear("tenon_cancel", "nonsense");
    hear("tenon_due", "");
    EXPECT_THAT(
        actor.asked(), ElementsAre("work shop", "work foreign", "cancel " + std::string(task))
    );
    const auto seen = events.statistics();
    EXPECT_EQ(seen.work, 2U);
    EXPECT_EQ(seen.cancellations, 2U);
    EXPECT_EQ(seen.processed, 3U) << "the connect, one bell and one cancellation";
    EXPECT_EQ(seen.ignored, 3U);
    EXPECT_EQ(seen.failed, 0U);
    EXPECT_TRUE(seen.since_last);
    EXPECT_EQ(events.health_check().status, HealthStatus::healthy);
    EXPECT_EQ(events.health_check().message, "Hybrid");
}

TEST_F(WorkerEventSystemTest, ABellWhoseCommandFailsIsCountedAndNamedUntilTheNextOne) {
    events.start(commands);
    events.process_event(ListenerConnected{});
    hear("tenon_work", "broken");
    EXPECT_EQ(events.statistics().failed, 1U);
    EXPECT_EQ(events.health_check().status, HealthStatus::degraded);
    EXPECT_EQ(events.health_check().message, "the last event failed: no slot in the world");
    hear("tenon_work", "shop");
    EXPECT_EQ(events.health_check().status, HealthStatus::healthy);
}

// A host that is stopped while it starts: the listener connects to a worker that takes no more.
TEST_F(WorkerEventSystemTest, AListenerLostWhenNothingIsTakenAnyMoreIsAWarningAndNoCrash) {
    events.start(commands);
    commands->stop();
    EXPECT_THROW(events.process_event(ListenerConnected{}), Exception);
    EXPECT_NO_THROW(events.process_event(ListenerLost{}));
    EXPECT_EQ(events.statistics().failed, 2U);
}

TEST_F(WorkerEventSystemTest, LooksAtEverythingWhenTheListenerConnectsAndPollsOftenWhileItDoesNot) {
    events.start(commands);
    EXPECT_THAT(actor.asked(), ElementsAre("poll 25"));
    EXPECT_EQ(events.health_check().status, HealthStatus::degraded);
    events.process_event(ListenerConnected{});
    EXPECT_THAT(actor.asked(), ElementsAre("poll 700", "look"));
    events.process_event(ListenerLost{});
    EXPECT_THAT(actor.asked(), ElementsAre("poll 25"));
    EXPECT_EQ(events.health_check().message, "no bell is heard; polling instead");
    EXPECT_EQ(events.statistics().connected, 1U);
    EXPECT_EQ(events.statistics().lost, 1U);
}

TEST_F(WorkerEventSystemTest, TheListenerLearnsThatTheLookFailed) {
    events.start(commands);
    actor.away = true;
    EXPECT_THROW(events.process_event(ListenerConnected{}), Exception);
    EXPECT_EQ(events.statistics().failure, "the database is away");
}

TEST_F(WorkerEventSystemTest, PollingOnlyHearsNothingAndPollsAtItsOwnPace) {
    events.start(commands);
    events.process_event(ListenerConnected{});
    actor.asked();
    events.set_deployment_mode(DeploymentMode::polling_only);
    EXPECT_THAT(actor.asked(), ElementsAre("poll 700"));
    hear("tenon_work", "shop");
    EXPECT_THAT(actor.asked(), ElementsAre());
    EXPECT_EQ(events.statistics().work, 0U);
    EXPECT_EQ(events.health_check().status, HealthStatus::healthy);
    EXPECT_EQ(events.deployment_mode(), DeploymentMode::polling_only);

    events.set_deployment_mode(DeploymentMode::event_driven_only);
    EXPECT_THAT(actor.asked(), ElementsAre("poll 25")) << "until somebody listens again";
}

TEST_F(WorkerEventSystemTest, RefreshesTemplatesAtItsStartAndOnceForManyRegistrations) {
    events.start(commands);
    EXPECT_TRUE(actor.await_refreshes({"refresh all"}));
    events.process_event(ListenerConnected{});
    EXPECT_TRUE(actor.await_refreshes({"refresh all"}));
    for (int i = 0; i < 10; ++i) {
        hear("tenon_templates", "shop");
        hear("tenon_templates", "bank");
    }
    EXPECT_TRUE(actor.await_refreshes({"refresh bank", "refresh shop"}));
    EXPECT_EQ(events.statistics().templates, 20U);
    events.process_event(PluginsChanged{});
    EXPECT_TRUE(actor.await_refreshes({"refresh all"}));
}

TEST_F(WorkerEventSystemTest, ARefreshThatFailedIsTriedAgain) {
    actor.refuse_refresh = true;
    events.start(commands);
    EXPECT_TRUE(actor.await_refreshes({"refresh all", "refresh all"}));
}

TEST_F(WorkerEventSystemTest, ActsUponNobodyWhileItIsStopped) {
    EXPECT_FALSE(events.is_running());
    EXPECT_EQ(events.health_check().status, HealthStatus::unhealthy);
    hear("tenon_work", "shop");
    events.start(commands);
    EXPECT_TRUE(events.is_running());
    EXPECT_EQ(events.commands(), commands);
    events.stop();
    events.stop();
    hear("tenon_work", "shop");
    EXPECT_THAT(actor.asked(), ElementsAre("poll 25"));
    EXPECT_EQ(events.commands(), nullptr);
    EXPECT_EQ(commands.use_count(), 1) << "nothing may keep a worker that goes";
}

TEST_F(WorkerEventSystemTest, ServesTheNextWorkerInThePlaceOfTheLast) {
    RecordingActor second;
    const auto next = std::make_shared<WorkerCommandProcessor>(WorkerCommandProcessor::Options{});
    next->connect(second);
    events.start(commands);
    events.process_event(ListenerConnected{});
    actor.asked();
    events.start(next);
    hear("tenon_work", "shop");
    EXPECT_THAT(actor.asked(), ElementsAre());
    EXPECT_THAT(second.asked(), ElementsAre("poll 700", "work shop"));
    events.stop();
}

}  // namespace
}  // namespace tenon::worker
