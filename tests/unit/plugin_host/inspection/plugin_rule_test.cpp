#include "plugin_host/inspection/plugin_rule.hpp"

#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

namespace tenon::plugin_host {
namespace {

// "TENON-P001 `file_unreadable` refuses" for every row of the page.
std::vector<std::string> documented() {
    const auto page =
        tenon::testing::read_file(std::string(TENON_SOURCE_DIR) + "/docs/plugin_rules.md");
    static const std::regex row(R"re(\| (TENON-[PV]\d{3}) \| (`\w+`) \| (\w+) \| .{20,} \|)re");
    std::vector<std::string> rows;
    for (std::sregex_iterator it(page.begin(), page.end(), row), end; it != end; ++it) {
        rows.push_back((*it)[1].str() + ' ' + (*it)[2].str() + ' ' + (*it)[3].str());
    }
    return rows;
}

TEST(PluginRule, HasAnEntryInTheDocumentationAndNoEntryIsWithoutARule) {
    std::vector<std::string> rules;
    for (const auto& info : plugin_rules()) {
        rules.push_back(
            id_of(info.rule) + " `" + std::string(info.name) + "` " +
            (info.severity == Severity::refused ? "refuses" : "warns")
        );
    }
    EXPECT_THAT(documented(), ::testing::ElementsAreArray(rules));
}

TEST(PluginRule, HasAnIdOfItsOwn) {
    std::set<std::string> ids;
    for (const auto& info : plugin_rules()) {
        EXPECT_TRUE(ids.insert(id_of(info.rule)).second) << info.name;
    }
    EXPECT_EQ(id_of(PluginRule::no_entry), "TENON-P030");
    EXPECT_EQ(id_of(PluginRule::crashes_on_load), "TENON-V101");
}

TEST(PluginRule, MakesOneSentenceOfAFinding) {
    const Finding finding{PluginRule::no_entry, "exports nothing", "export something"};
    EXPECT_EQ(to_error(finding).detail, "exports nothing: export something [TENON-P030]");
    EXPECT_EQ(to_error(finding).code, ErrorCode::invalid_input);
    const Finding started{PluginRule::init_refused, "refused to start", ""};
    EXPECT_EQ(to_error(started).detail, "refused to start [TENON-P062]");
    EXPECT_EQ(to_error(started).code, ErrorCode::plugin_failure);
}

}  // namespace
}  // namespace tenon::plugin_host
