// Layers over layers: what holds in the end, who said so, and all that is wrong at once.

#include "app/configuration/configuration.hpp"

#include "app/configuration/configuration_files.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tenon::app {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ConfigurationTest : public ::testing::Test {
protected:
    ConfigurationTest() {
        fs::create_directories(folder() / "base");
        fs::create_directories(folder() / "environments" / "production");
        sources_.folder = folder();
    }

    const fs::path& folder() const { return directory_.path(); }

    LoadedConfiguration load() { return load_configuration(sources_); }

    /// Every problem in one line, without the folder's name.
    std::vector<std::string> problems() {
        std::vector<std::string> lines;
        for (const auto& problem : load().problems) {
            auto line = problem.to_string();
            for (auto at = line.find(folder().string()); at != std::string::npos;
                 at = line.find(folder().string())) {
                line.replace(at, folder().string().size(), "F");
            }
            lines.push_back(line);
        }
        return lines;
    }

    const testing::PrivateDirectory directory_;
    ConfigurationSources sources_;
};

TEST_F(ConfigurationTest, HasTheSchemasDefaultsWithoutAnything) {
    const Configuration configuration;
    EXPECT_EQ(configuration.integer(key("dispatch.slots")), 128);
    EXPECT_EQ(configuration.text(key("dispatch.mode")), "Hybrid");
    EXPECT_TRUE(configuration.flag(key("supervisor.enabled")));
    EXPECT_THAT(configuration.list(key("host.namespaces")), IsEmpty());
    EXPECT_FALSE(configuration.is_set(key("database.url")));
    EXPECT_EQ(configuration.text(key("database.url")), "");
    EXPECT_EQ(configuration.setting(key("dispatch.slots")).origin.to_string(), "default");
}

TEST_F(ConfigurationTest, LetsEachLayerOverrideTheOneBefore) {
    const auto slots = key("dispatch.slots");
    const auto holds = [&](std::int64_t value, const std::string& from) {
        const auto loaded = load();
        EXPECT_THAT(loaded.problems, IsEmpty());
        EXPECT_EQ(loaded.configuration.integer(slots), value);
        EXPECT_EQ(loaded.configuration.setting(slots).origin.to_string(), from);
    };
    const auto base = directory_.write("base/host.toml", "[dispatch]\nslots = 2\nlanes = 5\n");
    holds(2, base.string() + ":2:1");
    const auto overlay = directory_.write("environments/production/a.toml", "dispatch.slots = 3");
    holds(2, base.string() + ":2:1");
    sources_.environment = "production";
    holds(3, overlay.string() + ":1:10");
    sources_.variables = {{"TENON_SLOTS", "4"}};
    holds(4, "TENON_SLOTS");
    sources_.options = {{slots, {"5"}}};
    holds(5, "--slots");
    EXPECT_EQ(load().configuration.integer(key("dispatch.lanes")), 5);
}

TEST_F(ConfigurationTest, ReadsTheFilesOfALayerInTheOrderOfTheirNames) {
    const auto b = directory_.write("base/b.toml", "dispatch.slots = 2");
    const auto a = directory_.write("base/a.toml", "dispatch.lanes = 2");
    directory_.write("base/notes.txt", "not TOML");
    EXPECT_THAT(load().files, ElementsAre(a, b));
}

TEST_F(ConfigurationTest, RefusesAKeyThatTwoFilesOfALayerGive) {
    directory_.write("base/a.toml", "dispatch.slots = 2");
    directory_.write("base/b.toml", "dispatch.slots = 3");
    EXPECT_THAT(
        problems(),
        ElementsAre("F/base/b.toml:1:10: dispatch.slots: F/base/a.toml:1:10 gives it too; remove "
                    "one of them")
    );
}

TEST_F(ConfigurationTest, TakesASingleFileForAFolder) {
    sources_.folder = directory_.write("one.toml", "dispatch.slots = 9");
    EXPECT_EQ(load().configuration.integer(key("dispatch.slots")), 9);
    sources_.environment = "production";
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("a single file has no environments")));
}

TEST_F(ConfigurationTest, FindsTheProblemsOfAllLayersAtOnce) {
    directory_.write("base/host.toml", "[dispatch]\nslots = 0\n");
    directory_.write("base/broken.toml", "[dispatch\n");
    sources_.variables = {{"TENON_LANES", "many"}, {"TENON_SLOTZ", "3"}, {"TENON_URL", "http://x"}};
    sources_.options = {{key("dispatch.mode"), {"hybrid"}}, {key("host.name"), {"a", "b"}}};
    EXPECT_THAT(
        problems(),
        ElementsAre(
            HasSubstr("F/base/broken.toml:1:10: this is no TOML"),
            "F/base/host.toml:2:1: dispatch.slots: 0 is out of range; give an integer from 1 to "
            "10000",
            "TENON_LANES: dispatch.lanes: 'many' is no integer; give an integer from 1 to 64",
            "TENON_SLOTZ: nothing reads this variable (did you mean 'TENON_SLOTS'?)",
            "--mode: dispatch.mode: 'hybrid' is none of its choices; write PollingOnly, Hybrid or "
            "EventDrivenOnly",
            "--name: host.name: it is given more than once; give it once"
        )
    );
    EXPECT_TRUE(has_errors(load().problems));
}

TEST_F(ConfigurationTest, WarnsOnlyOfAVariableThatNothingReads) {
    sources_.variables = {
        {"TENON_WHATEVER", "3"},
        {"TENON_TOKEN", "s3cret"},
        {"TENON_TEST_MODE", "x"},
        {"TENON_SLOTS", ""}
    };
    EXPECT_THAT(problems(), ElementsAre("TENON_WHATEVER: nothing reads this variable"));
    EXPECT_FALSE(has_errors(load().problems));
}

TEST_F(ConfigurationTest, NeverShowsThePasswordOfAnOption) {
    sources_.options = {{key("database.url"), {"postgresql://bob:s3cret@db/x", "b"}}};
    const auto loaded = load();
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_THAT(loaded.problems[0].to_json(), Not(HasSubstr("s3cret")));
    EXPECT_THAT(loaded.problems[0].to_string(), Not(HasSubstr("s3cret")));
}

TEST_F(ConfigurationTest, ChecksWhatNoKeySeesByItself) {
    sources_.variables = {{"TENON_DIRECT_URL", "postgresql://db/x"}};
    EXPECT_THAT(
        problems(),
        ElementsAre("TENON_DIRECT_URL: database.direct_url: --direct-url is given without "
                    "--database-url; give that one alone, or both")
    );
}

TEST_F(ConfigurationTest, SaysWhichEnvironmentsThereAre) {
    sources_.environment = "prodution";
    EXPECT_THAT(
        problems(),
        ElementsAre("F/environments: there is no environment 'prodution' (did you mean "
                    "'production'?); give one of production")
    );
    sources_.environment = "../base";
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("there is no environment '../base'")));
    sources_.folder = folder() / "nowhere";
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("there is no such file")));
    sources_.folder.clear();
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("name its folder with --config")));
}

TEST_F(ConfigurationTest, GivesAProblemAsJson) {
    directory_.write("base/host.toml", "[dispatch]\nslots = 0\n");
    const auto json = nlohmann::json::parse(load().problems.at(0).to_json());
    EXPECT_EQ(json.at("severity"), "error");
    EXPECT_EQ(json.at("place"), (folder() / "base/host.toml").string());
    EXPECT_EQ(json.at("line"), 2);
    EXPECT_EQ(json.at("column"), 1);
    EXPECT_EQ(json.at("key"), "dispatch.slots");
    EXPECT_EQ(json.at("value"), "0");
    EXPECT_EQ(json.at("problem"), "0 is out of range");
    EXPECT_EQ(json.at("fix"), "give an integer from 1 to 10000");
}

}  // namespace
}  // namespace tenon::app
