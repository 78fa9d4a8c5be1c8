// The documentation is what the schema says, and the shipped files are good.

#include "app/configuration/configuration_reference.hpp"

#include "app/configuration/configuration.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>

namespace tenon::app {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ConfigurationReferenceTest, IsWhatTheDocumentationHas) {
    EXPECT_EQ(
        testing::read_file(TENON_SOURCE_DIR "/docs/configuration.md"), configuration_reference()
    ) << "run: tenon config reference > docs/configuration.md";
}

TEST(ConfigurationReferenceTest, HasARowForEveryKey) {
    const auto reference = configuration_reference();
    for (const auto& key : schema::all) {
        EXPECT_THAT(reference, HasSubstr("\n| `" + std::string(key.name) + "`"));
    }
    EXPECT_THAT(reference, HasSubstr("| `log.level` ↻ |"));
}

TEST(ConfigurationReferenceTest, ExplainsEveryKeyInFull) {
    const auto facts = facts_of(*key("dispatch.slots"));
    EXPECT_THAT(facts, Contains(Pair("key", "dispatch.slots")));
    EXPECT_THAT(facts, Contains(Pair("value", "an integer from 1 to 10000")));
    EXPECT_THAT(facts, Contains(Pair("default", "128")));
    EXPECT_THAT(facts, Contains(Pair("file", "[dispatch] slots = 128")));
    EXPECT_THAT(facts, Contains(Pair("variable", "TENON_SLOTS")));
    EXPECT_THAT(facts, Contains(Pair("option", "--slots")));
    EXPECT_THAT(facts, Contains(Pair("change", "with a restart")));
    for (const auto& key : schema::all) {
        for (const auto& [heading, text] : facts_of(key)) {
            EXPECT_FALSE(text.empty()) << key.name << ": " << heading;
        }
    }
}

TEST(ConfigurationReferenceTest, StandsBesideFilesThatAreGood) {
    for (const auto environment : {"", "development", "test", "production"}) {
        const auto loaded = load_configuration(
            {.folder = TENON_SOURCE_DIR "/config",
             .environment = environment,
             .variables = {{"DATABASE_URL", "postgresql://db/x"}}}
        );
        for (const auto& problem : loaded.problems) {
            ADD_FAILURE() << problem.to_string();
        }
        EXPECT_THAT(loaded.files, Not(IsEmpty()));
    }
}

TEST(ConfigurationReferenceTest, StandsBesideAProductionThatWantsItsDatabase) {
    const auto loaded =
        load_configuration({.folder = TENON_SOURCE_DIR "/config", .environment = "production"});
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(loaded.problems[0].key, "database.url");
    EXPECT_EQ(loaded.problems[0].sentence, "the variable DATABASE_URL is not set");
}

}  // namespace
}  // namespace tenon::app
