// What holds of every key, so that a new row cannot break a rule.

#include "app/configuration/schema.hpp"

#include "app/configuration/value.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

namespace tenon::app {
namespace {

TEST(SchemaTest, HasNamesOptionsAndVariablesThatAreUnique) {
    std::set<std::string> names;
    std::set<std::string> options;
    std::set<std::string> variables;
    for (const auto& key : schema::all) {
        EXPECT_TRUE(names.insert(std::string(key.name)).second) << key.name;
        EXPECT_TRUE(options.insert(option_of(key)).second) << key.name;
        EXPECT_TRUE(variables.insert(variable_of(key)).second) << key.name;
    }
}

TEST(SchemaTest, HasKeysOfOneSectionAndOneWord) {
    for (const auto& key : schema::all) {
        EXPECT_EQ(std::ranges::count(key.name, '.'), 1) << key.name;
        EXPECT_TRUE(std::ranges::all_of(key.name, [](unsigned char c) {
            return std::islower(c) != 0 || c == '.' || c == '_';
        })) << key.name;
    }
}

TEST(SchemaTest, KeepsTheKeysOfASectionTogether) {
    std::set<std::string_view> ended;
    std::string_view section;
    for (const auto& key : schema::all) {
        if (key.section() != section) {
            ended.insert(section);
            section = key.section();
            EXPECT_FALSE(ended.contains(section)) << key.name << " stands apart from its section";
        }
    }
}

TEST(SchemaTest, DescribesEveryKeyInOneLineWithoutAFullStop) {
    for (const auto& key : schema::all) {
        EXPECT_GE(key.summary.size(), 10U) << key.name;
        EXPECT_LE(key.summary.size(), 90U) << key.name;
        EXPECT_EQ(key.summary.find('\n'), std::string_view::npos) << key.name;
        EXPECT_FALSE(key.summary.ends_with('.')) << key.name;
    }
}

TEST(SchemaTest, HasDefaultsThatItsOwnChecksTake) {
    for (const auto& key : schema::all) {
        const auto read = read_value(key, key.usual);
        EXPECT_TRUE(key.usual.empty() || std::holds_alternative<Value>(read)) << key.name;
        const bool explained =
            key.type == KeyType::table || !key.usual.empty() || !key.when_unset.empty();
        EXPECT_TRUE(explained) << key.name << " does not say what holds while it is unset";
    }
}

TEST(SchemaTest, HasRangesThatHoldSomething) {
    for (const auto& key : schema::all) {
        if (key.type == KeyType::integer) {
            EXPECT_LT(key.least, key.most) << key.name;
        }
    }
}

TEST(SchemaTest, NamesOptionsAndVariablesByOneRule) {
    const auto& limit = *key("plugin.limit");
    EXPECT_EQ(option_of(limit), "--plugin-limit");
    EXPECT_EQ(variable_of(limit), "TENON_PLUGIN_LIMIT");
    const auto& slots = *key("dispatch.slots");
    EXPECT_EQ(option_of(slots), "--slots");
    EXPECT_EQ(variable_of(slots), "TENON_SLOTS");
}

TEST(SchemaTest, FindsAKeyByItsNameItsOptionAndItsVariable) {
    const auto slots = key("dispatch.slots");
    EXPECT_EQ(find_key("dispatch.slots"), slots);
    EXPECT_EQ(find_key("--slots"), slots);
    EXPECT_EQ(find_key("TENON_SLOTS"), slots);
    EXPECT_EQ(find_key("slots"), std::nullopt);
    EXPECT_EQ(find_key(""), std::nullopt);
}

TEST(SchemaTest, SuggestsWhatAMisspeltKeyMeant) {
    EXPECT_EQ(nearest_key("dispatch.slotz"), "'dispatch.slots'");
    EXPECT_EQ(nearest_key("dispach.slots"), "'dispatch.slots'");
    EXPECT_EQ(nearest_key("worker.slots"), "'dispatch.slots'");
    EXPECT_EQ(nearest_key("slots"), "'dispatch.slots'");
    EXPECT_EQ(nearest_key("host.stop-ms"), "'host.stop_ms'");
    EXPECT_EQ(nearest_key("slost"), "'dispatch.slots'");
    EXPECT_EQ(nearest_key("something.else"), "");
    EXPECT_EQ(nearest_variable("TENON_SLOTZ"), " (did you mean 'TENON_SLOTS'?)");
    EXPECT_EQ(nearest_variable("TENON_ENTIRELY_ELSEWHERE"), "");
}

}  // namespace
}  // namespace tenon::app
