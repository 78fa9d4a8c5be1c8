#include "worker/services/step_call_services.hpp"

#include "foundation/error.hpp"

#include <tenon/abi/call.h>

#include <gtest/gtest.h>

#include <array>

namespace tenon::worker {
namespace {

/// Without a database: the pool leads nowhere, so that a lookup there is an error.
class StepCallServicesTest : public ::testing::Test {
protected:
    database::ConnectionPool nowhere{{.conninfo = "host=/nonexistent dbname=none"}};
    database::StepRepository repository{nowhere};
    ClaimedStep step;
    std::array<plugin_host::DependencyView, 2> dependencies{
        {{"first", R"({"a" : 1E400})"}, {"second", "null"}}
    };
    CancelToken token;
    StepCallServices services{step, dependencies, repository, token};
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
    token.cancel(CancelReason::reload);
    EXPECT_EQ(services.cancel_reason(), TENON_CANCEL_RELOAD);
    EXPECT_EQ(services.cancel_descriptor(), token.descriptor());
    EXPECT_GE(token.descriptor(), 0);
}

}  // namespace
}  // namespace tenon::worker
