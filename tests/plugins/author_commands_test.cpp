// What authors type: tenon plugin inspect, validate and check, and tenon step run.

#include "plugins/calm_sanitizers.hpp"
#include "support/child_program.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <thread>

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string linear = TENON_PLUGIN_DIRECTORY "/linear.so";
const std::string fossil = TENON_SOURCE_DIR "/tests/plugins/fossils/v1.0-c-gcc.so";

std::string guest(const std::string& name) {
    return TENON_GUEST_DIRECTORY "/" + name + ".so";
}

TEST(PluginInspect, TellsWhatAFileIsWithoutRunningIt) {
    // Its constructor would abort.
    const auto shown = run_tenon({"plugin", "inspect", guest("load_abort"), "--json"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    const auto report = json::parse(shown.out);
    EXPECT_EQ(report["id"], "guest.unruly");
    EXPECT_EQ(report["version"], "1.0.0");
    EXPECT_EQ(report["abi"], "1.0");
    EXPECT_EQ(report["machine"], "x86-64");
    EXPECT_EQ(report["callables"], json::array({"guest::Unruly"}));
    EXPECT_EQ(report["exports"], json::array({"tenon_plugin_v1"}));
    EXPECT_EQ(report["needed"], json::array({"libc.so.6"}));
    EXPECT_EQ(report["acceptable"], true);
    EXPECT_EQ(report["suspicious_imports"], json::array({"abort"}));
    EXPECT_EQ(report["sha256"].get<std::string>().size(), 64U);
    EXPECT_EQ(report["build_id"].get<std::string>().size(), 40U);
}

TEST(PluginInspect, NamesTheRuleThatAFileBreaks) {
    const auto refused = run_tenon({"plugin", "inspect", guest("static_tls")});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(
        refused.out,
        AllOf(
            HasSubstr("TENON-P042  uses static thread-local storage"),
            HasSubstr("drop -ftls-model=initial-exec"),
            HasSubstr("a host would refuse it")
        )
    );
    const auto missing = run_tenon({"plugin", "inspect", "/nowhere/a.so"});
    EXPECT_EQ(missing.exit_code, 4);
    EXPECT_THAT(missing.complaint(), HasSubstr("No such file or directory [TENON-P001]"));
}

TEST(PluginValidate, ReportsInJsonAndJunit) {
    const PrivateDirectory files;
    const auto junit = files.path() / "report.xml";
    const auto result = run_tenon(
        {"plugin",
         "validate",
         guest("noise"),
         "--only",
         "load,call",
         "--seed",
         "5",
         "--json",
         "--junit",
         junit.string()}
    );
    EXPECT_EQ(result.exit_code, 0) << "a warning is no refusal";
    const auto report = json::parse(result.out);
    EXPECT_EQ(report["seed"], 5);
    EXPECT_EQ(report["warnings"], 1);
    EXPECT_EQ(report["checks"][1]["callable"], "guest::Unruly");
    EXPECT_EQ(report["checks"][1]["findings"][0]["id"], "TENON-V210");
    EXPECT_THAT(
        read_file(junit),
        AllOf(HasSubstr("tests=\"2\" failures=\"0\""), HasSubstr("classname=\"call\""))
    );
    const auto strict = run_tenon(
        {"plugin",
         "validate",
         guest("noise"),
         "--only",
         "load,call",
         "--strict",
         "--junit",
         junit.string()}
    );
    EXPECT_EQ(strict.exit_code, 1);
    EXPECT_THAT(read_file(junit), AllOf(HasSubstr("failures=\"1\""), HasSubstr("[TENON-V210]")));
}

TEST(StepRun, TellsTheOutcomeByItsExitCode) {
    calm_sanitizers();
    const PrivateDirectory files;
    const auto input = files.write("in.json", R"({"even_number":6,"number":12})").string();
    const auto run = [&input](const std::string& file, const std::string& callable) {
        return run_tenon({"step", "run", file, callable, "--input", input, "--limit", "2"});
    };
    const auto done = run(linear, "linear::LinearStep1Handler");
    EXPECT_EQ(done.exit_code, 0);
    EXPECT_EQ(done.out, "36\n");
    EXPECT_EQ(run_tenon({"step", "run", linear, "linear::LinearStep1Handler"}).exit_code, 1);
    const auto busy = run(fossil, "fossil::Fail");
    EXPECT_EQ(busy.exit_code, 6);
    EXPECT_THAT(
        busy.err, HasSubstr("GATEWAY_BUSY: the gateway is busy (another attempt may help)")
    );
    const auto yielded = run(fossil, "fossil::Chunks");
    EXPECT_EQ(yielded.exit_code, 7);
    EXPECT_THAT(yielded.err, HasSubstr("go on with --checkpoint '{\"row\":7}'"));
    const auto late = run(guest("hang"), "guest::Unruly");
    EXPECT_EQ(late.exit_code, 8);
    EXPECT_THAT(late.err, HasSubstr("had not returned after 2 s"));
    const auto crashed = run(guest("null_dereference"), "guest::Unruly");
    EXPECT_EQ(crashed.exit_code, 9);
    EXPECT_THAT(
        crashed.err,
        AllOf(HasSubstr("was ended by SIGSEGV"), HasSubstr("gdb --args tenon step run"))
    );
    const auto unknown = run(linear, "linear::LinearStep1Handlr");
    EXPECT_EQ(unknown.exit_code, 4);
    EXPECT_THAT(unknown.complaint(), HasSubstr("did you mean 'linear::LinearStep1Handler'?"));
}

TEST(StepRun, GivesAHandlerWhatItIsTold) {
    const auto from = [](std::vector<std::string> more) {
        std::vector<std::string> words{"step", "run", fossil, "fossil::Ancestor"};
        words.insert(words.end(), more.begin(), more.end());
        return run_tenon(std::move(words));
    };
    EXPECT_EQ(from({"--dependency", "first={\"a\": [1]}"}).out, "{\"a\": [1]}\n");
    EXPECT_EQ(from({"--dependency", "first={"}).exit_code, 2);
    EXPECT_EQ(from({"--dependency", "first"}).exit_code, 2);
    const auto resumed =
        run_tenon({"step", "run", fossil, "fossil::Chunks", "--checkpoint", "{\"row\":9}", "--json"}
        );
    EXPECT_EQ(json::parse(resumed.out)["result"]["row"], 9);
    const auto stopped =
        run_tenon({"step", "run", fossil, "fossil::Stop", "--cancel-after", "1", "--in-process"});
    EXPECT_THAT(stopped.exit_code, ::testing::AnyOf(0, 8));
}

TEST(StepRun, RunsAgainWhenItsInputChanges) {
    const PrivateDirectory files;
    const auto input = files.write("in.json", R"({"even_number":6})").string();
    ChildProgram watching(
        {tenon_executable(),
         "step",
         "run",
         linear,
         "linear::LinearStep1Handler",
         "--input",
         input,
         "--watch"}
    );
    EXPECT_TRUE(eventually([&] { return watching.out() == "36\n"; })) << watching.err();
    files.write("in.json", R"({"even_number": 10})");
    EXPECT_TRUE(eventually([&] { return watching.out() == "36\n100\n"; })) << watching.out();
    watching.send(SIGINT);
    EXPECT_EQ(watching.wait(), 0);
}

class PluginCheck : public ::testing::Test {
protected:
    PluginCheck() {
        fs::create_directory(files_.path() / "plugins");
        fs::create_directory(files_.path() / "templates");
        fs::copy(linear, files_.path() / "plugins");
    }

    void add_template(const std::string& callable) {
        files_.write("templates/one.yaml", R"(
name: one
namespace_name: checks
version: 1.0.0
steps:
  - name: first
    handler: {callable: ")" + callable + R"("}
)");
    }

    Ending check(std::vector<std::string> more = {}) {
        std::vector<std::string> words{
            "plugin",
            "check",
            "--plugins",
            (files_.path() / "plugins").string(),
            "--templates",
            (files_.path() / "templates").string(),
            "--json",
        };
        words.insert(words.end(), more.begin(), more.end());
        return run_tenon(std::move(words));
    }

    PrivateDirectory files_;
};

TEST_F(PluginCheck, NamesWhatIsMissingAndWhatIsUnused) {
    add_template("linear::LinearStep1Hander");
    const auto missing = check();
    EXPECT_EQ(missing.exit_code, 1);
    const auto report = json::parse(missing.out);
    EXPECT_EQ(
        report["missing"][0],
        "checks/one 1.0.0: step first calls linear::LinearStep1Hander "
        "(did you mean 'linear::LinearStep1Handler'?)"
    );
    EXPECT_EQ(report["unused"].size(), 4U);
    add_template("linear::LinearStep1Handler");
    const auto complete = check();
    EXPECT_EQ(complete.exit_code, 0) << complete.out;
    EXPECT_EQ(json::parse(complete.out)["unused"].size(), 3U);
}

TEST_F(PluginCheck, NamesWhatTwoPluginsDeclareUnlessAMappingSettlesIt) {
    add_template("linear::LinearStep1Handler");
    fs::copy(guest("thief"), files_.path() / "plugins");
    const auto disputed = check();
    EXPECT_EQ(disputed.exit_code, 1);
    EXPECT_EQ(
        json::parse(disputed.out)["disputed"][0],
        "linear::LinearStep1Handler is declared by com.tenon.linear and guest.thief"
    );
    EXPECT_EQ(check({"--map", "linear::LinearStep1Handler=guest.thief"}).exit_code, 0);
    EXPECT_EQ(check({"--map", "linear::LinearStep1Handler"}).exit_code, 2);
}

}  // namespace
}  // namespace tenon::testing
