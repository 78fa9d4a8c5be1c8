#include "worker/services/step_call_services.hpp"

#include "foundation/error.hpp"

#include <tenon/abi/call.h>

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace tenon::worker {
namespace {

using namespace std::chrono_literals;

/// Without a database: the pool leads nowhere, so that a lookup there is an error.
class StepCallServicesTest : public ::testing::Test {
protected:
    database::ConnectionPool nowhere{{.conninfo = "host=/nonexistent dbname=none"}};
    database::StepRepository repository{nowhere};
    ClaimedStep step;
    std::array<plugin_host::DependencyView, 2> dependencies{
        {{"first", R"({"a" : 1E400})"}, {"second", "null"}}
    };
    RunningSteps running;
    RunningStep self{};
    StepCallServices services{step, dependencies, {HostId{7}, repository, running}, self};
};

TEST_F(StepCallServicesTest, DirectDependenciesAreAtHandWithoutAQuery) {
    EXPECT_EQ(services.result_of("first"), R"({"a" : 1E400})");
    EXPECT_EQ(services.result_of("second"), "null");
}

TEST_F(StepCallServicesTest, OtherAncestorsCostAQuery) {
    EXPECT_THROW(services.result_of("third"), Exception);
}

TEST_F(StepCallServicesTest, TellTheHandlerWhatItsTokenSays) {
    EXPECT_EQ(services.cancel_reason(), TENON_NOT_CANCELLED);
    self.token.cancel(CancelReason::reload);
    EXPECT_EQ(services.cancel_reason(), TENON_CANCEL_RELOAD);
    EXPECT_EQ(services.cancel_descriptor(), self.token.descriptor());
    EXPECT_GE(self.token.descriptor(), 0);
}

TEST_F(StepCallServicesTest, KeepsWhatDeclaredEventsSay) {
    EXPECT_EQ(services.events_json(), "");
    EXPECT_FALSE(services.publish("item.shipped", "1")) << "this step declares nothing";
    std::array<EventDeclaration, 2> declared;
    declared[0].name = "order.done";
    declared[1].name = "item.shipped";
    StepCallServices publishing{
        step, dependencies, {HostId{7}, repository, running}, self, declared
    };
    EXPECT_FALSE(publishing.publish("item.lost", "1"));
    EXPECT_EQ(publishing.events_json(), "");
    EXPECT_TRUE(publishing.publish("item.shipped", R"({"n": 1})"));
    EXPECT_TRUE(publishing.publish("order.done", "2"));
    EXPECT_EQ(
        publishing.events_json(),
        R"([{"name":"item.shipped","payload":{"n": 1}},{"name":"order.done","payload":2}])"
    );
}

TEST_F(StepCallServicesTest, ACheckpointIsTriedAgainForAWhileButNotForACallThatShouldStop) {
    const auto begin = RunningStep::Clock::now();
    EXPECT_EQ(services.save_checkpoint("1"), plugin_host::CheckpointStatus::unavailable);
    const auto patient = RunningStep::Clock::now() - begin;
    EXPECT_GE(patient, 1s) << "it was given up at the first failure";
    EXPECT_LE(patient, 4s);

    self.token.cancel(CancelReason::shutdown);
    const auto asked = RunningStep::Clock::now();
    EXPECT_EQ(services.save_checkpoint("1"), plugin_host::CheckpointStatus::unavailable);
    EXPECT_LE(RunningStep::Clock::now() - asked, 500ms);
}

}  // namespace
}  // namespace tenon::worker
