// What `tenon host` takes on its command line, and what it refuses and how.

#include "app/host_options.hpp"

#include "app/commands/host_command.hpp"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

namespace tenon::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using namespace std::chrono_literals;

class HostOptionsTest : public ::testing::Test {
protected:
    HostOptionsTest() { add_host_options(command_, options_); }

    /// The refusal, or nothing.
    std::string parse(std::vector<std::string> words) {
        std::ranges::reverse(words);
        try {
            command_.parse(std::move(words));
            return "";
        } catch (const CLI::ParseError& error) {
            return error.what();
        }
    }

    CLI::App command_;
    std::shared_ptr<HostOptions> options_ = std::make_shared<HostOptions>();
};

TEST_F(HostOptionsTest, HaveDefaultsThatNeedNoOption) {
    ASSERT_EQ(parse({}), "");
    EXPECT_TRUE(options_->orchestration);
    EXPECT_TRUE(options_->worker);
    EXPECT_EQ(options_->slots, 128);
    EXPECT_EQ(options_->stop_limit, 10s);
    EXPECT_EQ(options_->kill_limit, 5s);
    EXPECT_EQ(options_->reload.drain_limit, 60s);
    EXPECT_EQ(options_->mode, DeploymentMode::hybrid);
}

TEST_F(HostOptionsTest, AreTakenAsGiven) {
    ASSERT_EQ(
        parse(
            {"--role",
             "worker",
             "--slots",
             "7",
             "--stop-ms",
             "0",
             "--kill-ms",
             "250",
             "--profile",
             "queued",
             "--mode",
             "PollingOnly",
             "--plugin-limit",
             "a=2",
             "--handler-limit",
             "x::Y=3,z=4",
             "--plugin-drain-ms",
             "1500"}
        ),
        ""
    );
    EXPECT_FALSE(options_->orchestration);
    EXPECT_TRUE(options_->worker);
    EXPECT_EQ(options_->slots, 7);
    EXPECT_EQ(options_->stop_limit, 0ms);
    EXPECT_EQ(options_->kill_limit, 250ms);
    EXPECT_EQ(options_->profile, DispatchProfile::queued);
    EXPECT_EQ(options_->mode, DeploymentMode::polling_only);
    EXPECT_THAT(options_->plugin_limits, ElementsAre(Pair("a", 2)));
    EXPECT_THAT(options_->handler_limits, ElementsAre(Pair("x::Y", 3), Pair("z", 4)));
    EXPECT_EQ(options_->reload.drain_limit, 1500ms);
}

TEST_F(HostOptionsTest, ZeroLetsCallsOnOldBuildsEndWhenTheyWill) {
    ASSERT_EQ(parse({"--plugin-drain-ms", "0"}), "");
    EXPECT_EQ(options_->reload.drain_limit, std::nullopt);
}

TEST_F(HostOptionsTest, SayWhereHandlersRun) {
    using plugin_host::Isolation;
    EXPECT_EQ(options_->isolation.usual, Isolation::in_process);
    ASSERT_EQ(
        parse(
            {"--isolation",
             "process",
             "--plugin-isolation",
             "com.a=in_process",
             "--plugin-isolation",
             "com.b=process",
             "--runner-memory-mib",
             "0"}
        ),
        ""
    );
    EXPECT_EQ(options_->isolation.usual, Isolation::process);
    EXPECT_THAT(
        options_->isolation.by_plugin,
        ElementsAre(Pair("com.a", Isolation::in_process), Pair("com.b", Isolation::process))
    );
    EXPECT_EQ(options_->isolation.runner_memory_mib, 0U);
}

struct Refused {
    std::vector<std::string> words;
    std::string sentence;
};

class RefusedHostOptions : public HostOptionsTest, public ::testing::WithParamInterface<Refused> {};

TEST_P(RefusedHostOptions, AreNamedWithTheValue) {
    EXPECT_THAT(parse(GetParam().words), HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Each,
    RefusedHostOptions,
    ::testing::Values(
        Refused{{"--role", "chief"}, "chief"},
        Refused{{"--slots", "0"}, "--slots"},
        Refused{{"--slots", "many"}, "many"},
        Refused{{"--stop-ms", "-1"}, "--stop-ms"},
        Refused{{"--profile", "sideways"}, "sideways"},
        Refused{{"--mode", "Sometimes"}, "Sometimes"},
        Refused{{"--plugin-limit", "a"}, "'a' is not NAME=N with N from 1 to 10000"},
        Refused{{"--plugin-limit", "a=0"}, "'a=0' is not NAME=N with N from 1 to 10000"},
        Refused{{"--handler-limit", "a=10001"}, "'a=10001' is not NAME=N with N from 1 to 10000"},
        Refused{{"--handler-limit", "a=2x"}, "'a=2x' is not NAME=N with N from 1 to 10000"},
        Refused{{"--handler-limit", "a=1,a=2"}, "a is named twice"},
        Refused{{"--plugin-drain-ms", "-5"}, "--plugin-drain-ms"},
        Refused{{"--plugin-max-pinned", "0"}, "--plugin-max-pinned"},
        Refused{
            {"--isolation", "thread"},
            "'thread' is none of its choices; write in_process or process"
        },
        Refused{
            {"--plugin-isolation", "a"},
            "'a' is not NAME=VALUE with VALUE in_process or process"
        },
        Refused{{"--plugin-isolation", "=process"}, "'=process' is not NAME=VALUE"},
        Refused{{"--plugin-isolation", "a=runner"}, "'a=runner' is not NAME=VALUE"},
        Refused{{"--plugin-isolation", "a=process,a=process"}, "a is named twice"},
        Refused{{"--runner-memory-mib", "63"}, "63 is out of range; give an integer from 64 to"},
        Refused{{"--no-such-option"}, "--no-such-option"}
    )
);

}  // namespace
}  // namespace tenon::app
