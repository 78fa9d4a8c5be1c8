// A configuration that changes under a running host: what is taken on, what waits, what is refused.

#include "app/configuration/reload/configuration_reload.hpp"

#include "support/private_directory.hpp"

#include <gmock/gmock.h>

namespace tenon::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ConfigurationReloadTest : public ::testing::Test {
protected:
    ConfigurationReloadTest() {
        write("[log]\nlevel = 'info'\n[dispatch]\nslots = 4\nmode = 'Hybrid'\n");
        sources_.folder = file();
    }

    std::filesystem::path file() const { return directory_.path() / "host.toml"; }

    void write(std::string_view text) const { directory_.write("host.toml", text); }

    ConfigurationReload make() {
        return {
            sources_,
            load_configuration(sources_).configuration,
            [this](KeyId id, const Configuration& now) {
                taken_.push_back(std::string((*id).name) + "=" + now.text(id));
            }
        };
    }

    const testing::PrivateDirectory directory_;
    ConfigurationSources sources_;
    std::vector<std::string> taken_;
};

TEST_F(ConfigurationReloadTest, TakesOnWhatCanBeAndKeepsTheRestAsItWas) {
    auto reload = make();
    write("[log]\nlevel = 'debug'\n[dispatch]\nslots = 9\nmode = 'PollingOnly'\n");
    EXPECT_TRUE(reload.reload());
    EXPECT_THAT(taken_, ElementsAre("dispatch.mode=PollingOnly", "log.level=debug"));
    EXPECT_EQ(reload.current().integer(key("dispatch.slots")), 4);
    EXPECT_EQ(reload.current().text(key("log.level")), "debug");
}

TEST_F(ConfigurationReloadTest, TakesOnNothingWhileNothingChanged) {
    auto reload = make();
    EXPECT_TRUE(reload.reload());
    EXPECT_THAT(taken_, IsEmpty());
}

TEST_F(ConfigurationReloadTest, RefusesAWrongConfigurationAsAWhole) {
    auto reload = make();
    write("[log]\nlevel = 'debug'\n[dispatch]\nslots = 0\n");
    EXPECT_FALSE(reload.reload());
    EXPECT_THAT(taken_, IsEmpty());
    EXPECT_EQ(reload.current().text(key("log.level")), "info");
    write("[log]\nlevel = 'debug'\n");
    EXPECT_TRUE(reload.reload());
    EXPECT_THAT(taken_, ElementsAre("log.level=debug"));
}

TEST_F(ConfigurationReloadTest, LetsAnOptionHoldAgainstTheFile) {
    sources_.options = {{key("log.level"), {"error"}}};
    auto reload = make();
    write("[log]\nlevel = 'debug'\n");
    EXPECT_TRUE(reload.reload());
    EXPECT_THAT(taken_, IsEmpty());
    EXPECT_EQ(reload.current().text(key("log.level")), "error");
}

TEST_F(ConfigurationReloadTest, ShowsChangesWithoutTheirPasswords) {
    Configuration before;
    Configuration after;
    after.set(key("database.url"), std::string("postgresql://bob:s3cret@db/x"), {});
    after.set(key("dispatch.slots"), std::int64_t{9}, {});
    std::vector<std::string> lines;
    for (const auto& change : changes_between(before, after)) {
        lines.push_back(change.to_string());
    }
    EXPECT_THAT(
        lines,
        ElementsAre(
            "database.url: unset → \"postgresql://bob:***@db/x\"", "dispatch.slots: 128 → 9"
        )
    );
}

}  // namespace
}  // namespace tenon::app
