#include "database/step_gateway.hpp"

#include "foundation/error.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace tenon::database {
namespace {

using ::testing::HasSubstr;
using testing::succeeded;
using testing::TestHost;

class StepGatewayTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};
};

TEST_F(StepGatewayTest, TextOfAnySizeAndAlphabetGoesThereAndBack) {
    enroll(testing::chain(2));
    const std::string context = R"({"text": "žluťoučký 🐎 \u0000 \"quoted\" \\ "})";
    submit("chain", context);
    const auto claim = host.claim(1).at(0);
    EXPECT_EQ(claim.context_json, context);
    const std::string result = '"' + std::string(1 << 20, 'x') + '"';
    const auto next = host.settle({succeeded(claim, result)}, 1).claimed;
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next[0].dependencies.at(0).json, result);
}

TEST_F(StepGatewayTest, AFailureArrivesAsItWasSaid) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    StepFailure failure{
        .message = "line one\nline \"two\" \\ ž",
        .error_type = "Odd\tType",
        .error_code = "ODD",
        .context_json = R"({"a" : [1,  2]})",
        .retryable = false,
        .retry_after = std::nullopt
    };
    host.settle({testing::failed(host.claim(1).at(0), failure)});
    EXPECT_EQ(of_step(task, 1, "failure ->> 'message'"), failure.message);
    EXPECT_EQ(of_step(task, 1, "failure ->> 'error_type'"), failure.error_type);
    EXPECT_EQ(of_step(task, 1, "failure ->> 'context'"), failure.context_json);
    EXPECT_EQ(of_step(task, 1, "failure ->> 'retryable'"), "false");
}

TEST_F(StepGatewayTest, ExtremeTimesAreKept) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    auto settled = succeeded(host.claim(1).at(0));
    settled.execution_time = std::chrono::microseconds(std::numeric_limits<std::int64_t>::max());
    host.settle({settled});
    EXPECT_EQ(of_step(task, 1, "execution_us"), "9223372036854775807");
}

TEST_F(StepGatewayTest, AResultThatIsNoJsonSpoilsTheCallButNotTheConnection) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    const auto claim = host.claim(1).at(0);
    for (const auto* bad : {"this is not JSON", "", "{\"a\": \"\xff\"}"}) {
        try {
            host.settle({succeeded(claim, bad)});
            ADD_FAILURE() << "it was stored: " << bad;
        } catch (const Exception& error) {
            EXPECT_EQ(error.code(), ErrorCode::invalid_input) << error.what();
        }
        EXPECT_TRUE(host.gateway().usable());
    }
    EXPECT_EQ(step_states(task), "in_progress");
    EXPECT_EQ(host.settle({succeeded(claim)}).finished.size(), 1U);
}

TEST_F(StepGatewayTest, ASchemaThatDoesNotFitIsReportedOnConnecting) {
    sql().exec("ALTER FUNCTION tenon.advance RENAME TO advance_no_more");
    try {
        const StepGateway gateway({.conninfo = conninfo()}, host.id());
        ADD_FAILURE() << "a statement was prepared that cannot be";
    } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr("tenon.advance"));
    }
}

TEST_F(StepGatewayTest, AnUnreachableServerIsUnavailable) {
    try {
        const StepGateway gateway({.conninfo = "host=/nonexistent dbname=none"}, host.id());
        ADD_FAILURE() << "a server answered that does not exist";
    } catch (const Exception& error) {
        EXPECT_EQ(error.code(), ErrorCode::unavailable);
        EXPECT_THAT(error.what(), HasSubstr("/nonexistent"));
    }
}

}  // namespace
}  // namespace tenon::database
