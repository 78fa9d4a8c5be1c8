// Who has a callable: the chain, its hints, and callables that two plugins declare.

#include "plugin_host/plugin_registry.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view step1 = "linear::LinearStep1Handler";
const fs::path linear = fs::path(TENON_PLUGIN_DIRECTORY) / "linear.so";
const fs::path thief = fs::path(TENON_GUEST_DIRECTORY) / "thief.so";
const fs::path symbols = fs::path(TENON_GUEST_DIRECTORY) / "direct_symbol.so";

class Resolution : public ::testing::Test {
protected:
    void load(CallableMappings mappings, const std::vector<fs::path>& files) {
        registry_.emplace(PluginRegistry::Options{
            .snapshot_directory = files_.path() / "snapshots",
            .mappings = std::move(mappings),
            .log = {},
        });
        for (const auto& file : files) {
            const auto loaded = registry_->load(file);
            EXPECT_TRUE(loaded) << loaded.error().detail;
        }
    }

    // The plugin that has it, or why there is none.
    std::string owner(std::string_view callable, std::string_view hint = {}) {
        const auto handler = registry_->resolve(callable, "call", hint);
        return handler ? (*handler)->generation().info().id : handler.error().detail;
    }

    tenon::testing::PrivateDirectory files_;
    std::optional<PluginRegistry> registry_;
};

TEST_F(Resolution, GivesADisputedCallableToThePluginThatTheMappingNames) {
    for (const std::string winner : {"com.tenon.linear", "guest.thief"}) {
        for (const auto& order : {std::vector{linear, thief}, std::vector{thief, linear}}) {
            load({{std::string(step1), winner}}, order);
            EXPECT_EQ(owner(step1), winner);
            EXPECT_EQ(owner("linear::LinearStep2Handler"), "com.tenon.linear");
        }
    }
}

TEST_F(Resolution, RefusesADisputedCallableThatIsMappedToNeither) {
    load({{std::string(step1), "somebody.else"}}, {linear});
    const auto refused = registry_->load(thief);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, HasSubstr("[TENON-P064]"));
}

TEST_F(Resolution, FollowsMappingsToCallablesAndToSymbols) {
    load(
        {{"old::Name", std::string(step1)}, {"as::Symbol", "direct_symbol#tenon_step_direct"}},
        {linear, symbols}
    );
    EXPECT_EQ(owner("old::Name"), "com.tenon.linear");
    EXPECT_EQ(owner("as::Symbol"), "guest.direct_symbol");
}

TEST_F(Resolution, KeepsToThePartOfTheChainThatAHintNames) {
    load({{"old::Name", std::string(step1)}}, {linear, symbols});
    EXPECT_EQ(owner("old::Name", "mapping"), "com.tenon.linear");
    EXPECT_THAT(owner("old::Name", "declared"), StartsWith("no plugin provides old::Name"));
    EXPECT_EQ(owner(step1, "declared"), "com.tenon.linear");
    EXPECT_THAT(owner(step1, "symbol"), StartsWith("no plugin provides"));
    EXPECT_EQ(owner("direct_symbol#tenon_step_direct", "symbol"), "guest.direct_symbol");
    EXPECT_EQ(owner(step1, "com.tenon.linear"), "com.tenon.linear");
    EXPECT_THAT(owner(step1, "guest.direct_symbol"), StartsWith("no plugin provides"));
    EXPECT_THAT(owner(step1, "ruby"), HasSubstr("asks for the resolver 'ruby', which is neither"));
}

TEST_F(Resolution, SuggestsWhatWasMeant) {
    load({}, {linear});
    EXPECT_THAT(
        owner("linear::LinearStep1Hanlder"),
        HasSubstr("(did you mean 'linear::LinearStep1Handler'?)")
    );
}

}  // namespace
}  // namespace tenon::plugin_host
