// Fresh builds whose calls fail by their own fault, and builds that nobody may load again.

#include "rolling_plugins.hpp"

#include <gmock/gmock.h>

namespace tenon::plugin_host {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(Probation, CountsFaultsNotFailures) {
    for (const auto code : {"invalid_result", "foreign_exception", "handler_not_created"}) {
        EXPECT_EQ(verdict_on(code), CallVerdict::fault) << code;
    }
    for (const auto code : {"CARD_DECLINED", "handler_timeout", "CANCELLED", "no_reason", ""}) {
        EXPECT_EQ(verdict_on(code), CallVerdict::failed) << code;
    }
}

TEST(Probation, FailsABuildWithManyFaultsAmongItsFirstCalls) {
    using enum ProbationVerdict;
    const ProbationLimits limits;
    const auto judge = [&](std::uint64_t faults, std::uint64_t calls, int ms = 1) {
        return judge_probation({.calls = calls, .faults = faults}, milliseconds(ms), limits);
    };
    EXPECT_EQ(judge(2, 2), ongoing);
    EXPECT_EQ(judge(3, 3), failed);
    EXPECT_EQ(judge(3, 6), ongoing);
    EXPECT_EQ(judge(4, 7), failed);
    EXPECT_EQ(judge(501, 1000), failed);
    EXPECT_EQ(judge(1001, 1001), passed);
    EXPECT_EQ(judge(10, 10, 60001), passed);
    EXPECT_EQ(judge(0, 0), ongoing);
}

class ProbationOfBuilds : public RollingPlugins {
protected:
    /// A good build, then one whose calls all fail by its own fault.
    void deploy_a_faulty_one() {
        replace(bytes("a1"));
        start();
        replace(bytes("a_faulty"));
        ASSERT_TRUE(answers("invalid_result"));
    }
};

TEST_F(ProbationOfBuilds, GoesBackByItselfAndNeverTakesThatBuildAgain) {
    deploy_a_faulty_one();
    const auto faulty = handler();
    for (int i = 0; i < 2; ++i) {
        call(faulty);
    }
    EXPECT_TRUE(answers("1.0.0"));
    const auto quarantine = lifecycle().status().quarantine;
    ASSERT_EQ(quarantine.size(), 1U);
    EXPECT_EQ(quarantine.front().sha256, faulty->generation().info().sha256);
    EXPECT_EQ(quarantine.front().plugin_id, "guest.rolling.a");
    EXPECT_THAT(quarantine.front().reason, HasSubstr("calls failed by its own fault"));

    const auto again = lifecycle().reload("rolling_a.so");
    ASSERT_FALSE(again.front().result);
    EXPECT_THAT(again.front().result.error().detail, HasSubstr("is in quarantine since"));
    EXPECT_EQ(file_status().state, PluginState::quarantined);
    EXPECT_EQ(answer(), "1.0.0");
}

TEST_F(ProbationOfBuilds, IsRememberedOverARestartUntilSomebodyReleasesTheBuild) {
    deploy_a_faulty_one();
    ASSERT_TRUE(eventually([this] { return answer() == "1.0.0"; }));
    const auto sha256 = lifecycle().status().quarantine.at(0).sha256;
    restart();
    EXPECT_EQ(answer(), "none");
    EXPECT_EQ(file_status().state, PluginState::quarantined);
    EXPECT_TRUE(lifecycle().release(sha256));
    EXPECT_FALSE(lifecycle().release(sha256));
    EXPECT_TRUE(lifecycle().reload(std::nullopt).front().result);
    EXPECT_EQ(answer(), "invalid_result");
}

TEST_F(ProbationOfBuilds, KeepsABuildThatThereIsNoOtherFor) {
    replace(bytes("a_faulty"));
    start();
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(answer(), "invalid_result");
    }
    EXPECT_TRUE(lifecycle().status().quarantine.empty());
    const auto active = *lifecycle().status("guest.rolling.a")->active();
    EXPECT_EQ(active.calls.faults, 10U);
    EXPECT_EQ(active.calls.failures, 10U);
    EXPECT_FALSE(active.on_probation);
}

TEST_F(ProbationOfBuilds, EndsWithItsTime) {
    replace(bytes("a1"));
    auto brief = options();
    brief.probation.time = milliseconds(0);
    start(brief);
    replace(bytes("a_faulty"));
    ASSERT_TRUE(answers("invalid_result"));
    std::this_thread::sleep_for(milliseconds(5));
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(answer(), "invalid_result");
    }
    lifecycle().reload(std::nullopt);  // Behind whatever the faults had it do.
    EXPECT_EQ(answer(), "invalid_result");
    EXPECT_TRUE(lifecycle().status().quarantine.empty());
}

TEST_F(ProbationOfBuilds, IsOverridenByHand) {
    replace(bytes("a1"));
    start();
    replace(bytes("a2"));
    ASSERT_TRUE(answers("2.0.0"));
    EXPECT_TRUE(lifecycle().quarantine(active_sha256(), "it costs money").empty());
    EXPECT_EQ(answer(), "1.0.0");
    EXPECT_EQ(
        lifecycle().quarantine(active_sha256(), "this too"),
        std::vector<std::string>{"guest.rolling.a"}
    );
    EXPECT_EQ(answer(), "1.0.0");
    EXPECT_EQ(lifecycle().status().quarantine.size(), 2U);
}

}  // namespace
}  // namespace tenon::plugin_host
