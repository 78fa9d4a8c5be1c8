#include "plugin_host/isolation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tenon::plugin_host {
namespace {

TEST(IsolationPolicy, HasItsWordsInBothDirections) {
    for (const auto isolation : {Isolation::in_process, Isolation::process}) {
        EXPECT_EQ(parse_isolation(to_string(isolation)), isolation);
    }
    EXPECT_EQ(parse_isolation("runner"), std::nullopt);
    EXPECT_EQ(parse_isolation(""), std::nullopt);
}

TEST(IsolationPolicy, AppliesTheUsualUnlessAPluginIsNamed) {
    const IsolationPolicy policy{
        .usual = Isolation::process, .by_plugin = {{"com.example.hot", Isolation::in_process}}
    };

    EXPECT_EQ(policy.of("com.example.hot", "ab"), Isolation::in_process);
    EXPECT_EQ(policy.of("com.example.other", "ab"), Isolation::process);
}

TEST(IsolationPolicy, KeepsADemotedBuildOutOfTheHostWhateverWasChosen) {
    const IsolationPolicy policy{
        .by_plugin = {{"com.example.hot", Isolation::in_process}},
        .demotion = [](const std::string& sha256
                    ) { return sha256 == "bad" ? Isolation::process : Isolation::in_process; }
    };

    EXPECT_EQ(policy.of("com.example.hot", "bad"), Isolation::process);
    EXPECT_EQ(policy.of("com.example.hot", "good"), Isolation::in_process);
}

}  // namespace
}  // namespace tenon::plugin_host
