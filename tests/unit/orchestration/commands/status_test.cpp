#include "orchestration/actors/orchestration_status_actor.hpp"
#include "orchestration/commands/command_processor.hpp"
#include "support/co_test.hpp"

namespace tenon::orchestration {
namespace {

class OrchestrationStatusActorTest : public tenon::testing::CoroutineTest {
protected:
    OrchestrationStatusActorTest() { commands.connect(actor); }

    OrchestrationStatusActor::Sources sources() {
        return {
            .statistics =
                [this] {
                    EventStatistics events;
                    events.released = 7;
                    return ProcessingStats{.commands = commands.statistics(), .events = events};
                },
            .health = [] { return HealthReport{HealthStatus::degraded, "no bell is heard"}; },
            .shut_down = [this] { ++shutdowns; }
        };
    }

    int shutdowns = 0;
    CommandProcessor commands{{}};
    OrchestrationStatusActor actor{sources()};
};

CO_TEST_F(OrchestrationStatusActorTest, ReportsWhatTheRoleCounts) {
    const GetProcessingStats query;
    co_await commands.ask(query);
    const auto stats = co_await commands.ask(query);
    EXPECT_EQ(stats.events.released, 7U);
    bool found = false;
    for (const auto& each : stats.commands) {
        if (each.name == "GetProcessingStats") {
            found = true;
            EXPECT_EQ(each.accepted, 2U);
            EXPECT_EQ(each.in_flight, 1U) << "this very question";
        }
    }
    EXPECT_TRUE(found);
}

CO_TEST_F(OrchestrationStatusActorTest, SaysHowTheRoleIs) {
    const HealthCheck query;
    const auto health = co_await commands.ask(query);
    EXPECT_EQ(health.status, HealthStatus::degraded);
    EXPECT_EQ(health.message, "no bell is heard");
}

CO_TEST_F(OrchestrationStatusActorTest, BeginsTheShutdownOnce) {
    const Shutdown command;
    EXPECT_TRUE(co_await commands.ask(command));
    EXPECT_FALSE(co_await commands.ask(command));
    EXPECT_EQ(shutdowns, 1);
}

}  // namespace
}  // namespace tenon::orchestration
