// A host and its configuration: files, variables, refusals, and what SIGHUP changes.

#include "support/host_process.hpp"
#include "support/postgres.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <signal.h>

namespace tenon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

/// The host of a supervisor, which has no other child with a database of somebody else's.
pid_t child_of(pid_t supervisor) {
    const auto process = std::to_string(supervisor);
    std::ifstream children("/proc/" + process + "/task/" + process + "/children");
    pid_t child = 0;
    children >> child;
    return child;
}

class ConfigurationOfAHost : public DatabaseTest {
protected:
    void write(const std::string& mode, const std::string& level, int slots) const {
        directory_.write(
            "host.toml",
            "[dispatch]\nmode = '" + mode + "'\nslots = " + std::to_string(slots) +
                "\n[log]\nlevel = '" + level + "'\n"
        );
    }

    std::string file() const { return (directory_.path() / "host.toml").string(); }

    std::unique_ptr<HostProcess> start(bool supervised) const {
        return start_host(
            {.database_url = conninfo(), .more = {"--config", file()}, .supervised = supervised}
        );
    }

    const PrivateDirectory directory_;
};

TEST_F(ConfigurationOfAHost, IsReadAgainAtSighup) {
    write("Hybrid", "info", 16);
    const auto host = start(false);
    write("PollingOnly", "debug", 32);
    host->send(SIGHUP);
    ASSERT_TRUE(eventually([&] { return host->logged("reloaded: "); })) << host->log();
    EXPECT_THAT(
        host->log(),
        AllOf(
            HasSubstr("dispatch.mode: \"Hybrid\" → \"PollingOnly\"\n"),
            HasSubstr("mode PollingOnly\n"),
            HasSubstr("log.level: \"info\" → \"debug\"\n"),
            HasSubstr("dispatch.slots: 16 → 32: needs a restart\n"),
            HasSubstr("reloaded: 2 keys taken on, 1 key waiting for a restart\n")
        )
    );
    EXPECT_EQ(host->stop(), 0);
}

TEST_F(ConfigurationOfAHost, StaysAsItWasWhenItBecameWrong) {
    write("Hybrid", "info", 16);
    const auto host = start(true);
    write("PollingOnly", "info", 0);
    host->send(SIGHUP);
    ASSERT_TRUE(eventually([&] { return host->logged("not reloaded"); })) << host->log();
    EXPECT_THAT(
        host->log(),
        AllOf(
            HasSubstr(file() + ":3:1: dispatch.slots: 0 is out of range"),
            Not(HasSubstr("mode PollingOnly"))
        )
    );
    EXPECT_TRUE(host->running());
    EXPECT_EQ(host->stop(), 0);
}

TEST_F(ConfigurationOfAHost, IsWaitedForWhenAHostCrashesWhileItIsWrong) {
    write("Hybrid", "info", 16);
    const auto host = start(true);
    const auto first = host->host_id();
    write("Hybrid", "info", 0);
    ASSERT_EQ(::kill(child_of(host->pid()), SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { return host->logged("the host cannot start again"); }))
        << host->log();
    write("Hybrid", "info", 16);
    ASSERT_TRUE(eventually([&] { return host->host_id() != first; }, std::chrono::seconds(30)))
        << host->log();
    EXPECT_EQ(host->stop(), 0);
}

TEST_F(ConfigurationOfAHost, RefusesTheStartWithAllThatIsWrong) {
    directory_.write(
        "host.toml", "[dispatch]\nslots = 0\nslotz = 1\n[http]\nlisten = 'nonsense'\n"
    );
    const auto refused = run_tenon({"host", "--config", file(), "--lanes", "none"});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(
        refused.err,
        AllOf(
            HasSubstr("dispatch.slots: 0 is out of range"),
            HasSubstr("did you mean 'dispatch.slots'?"),
            HasSubstr("http.listen: "),
            HasSubstr("--lanes: dispatch.lanes: 'none' is no integer")
        )
    );
}

TEST_F(ConfigurationOfAHost, IsCheckedShownAndExplained) {
    write("PollingOnly", "warning", 16);
    const auto checked = run_tenon({"config", "check", "--config", file()});
    EXPECT_EQ(checked.exit_code, 0) << checked.err;
    EXPECT_EQ(checked.out, "the configuration is good: 1 file, 3 keys given\n");

    const auto shown = run_tenon(
        {"config",
         "show",
         "--config",
         file(),
         "--database-url",
         "postgresql://bob:s3cret@db/x",
         "--changed",
         "--json"}
    );
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    const auto settings = Json::parse(shown.out);
    ASSERT_EQ(settings.size(), 4U) << shown.out;
    EXPECT_EQ(settings.at(0).at("value"), "postgresql://bob:***@db/x");
    EXPECT_EQ(settings.at(0).at("from"), "--database-url");
    EXPECT_EQ(settings.at(1).at("key"), "dispatch.slots");
    EXPECT_EQ(settings.at(1).at("value"), 16);
    EXPECT_EQ(settings.at(1).at("from"), file() + ":3:1");

    const auto explained = run_tenon({"config", "explain", "TENON_SLOTS", "--config", file()});
    EXPECT_EQ(explained.exit_code, 0) << explained.err;
    EXPECT_THAT(
        explained.out,
        AllOf(HasSubstr("an integer from 1 to 10000"), HasSubstr("16, " + file() + ":3:1"))
    );
    const auto misspelt = run_tenon({"config", "explain", "dispatch.slotz"});
    EXPECT_EQ(misspelt.exit_code, 2);
    EXPECT_EQ(
        misspelt.complaint(), "there is no key 'dispatch.slotz' (did you mean 'dispatch.slots'?)"
    );
}

TEST_F(ConfigurationOfAHost, IsCheckedToTheLastProblem) {
    directory_.write("host.toml", "[dispatch]\nslots = 0\nmode = 'never'\n");
    const auto checked = run_tenon({"config", "check", "--config", file(), "--json"});
    EXPECT_EQ(checked.exit_code, 1);
    const auto document = Json::parse(checked.out);
    EXPECT_FALSE(document.at("valid"));
    ASSERT_EQ(document.at("problems").size(), 2U);
    EXPECT_EQ(document.at("problems").at(0).at("line"), 2);
    EXPECT_EQ(document.at("problems").at(1).at("value"), "never");
}

}  // namespace
}  // namespace tenon::testing
