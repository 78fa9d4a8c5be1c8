// A validator that finds nothing proves nothing: each of its rules is broken by a guest.

#include "plugin_host/validation/validator.hpp"

#include "plugins/calm_sanitizers.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;

struct Habit {
    std::string guest;
    PluginRule rule;
    std::string words;  ///< In the finding.
};

void PrintTo(const Habit& habit, std::ostream* out) {
    *out << habit.guest << " breaks " << id_of(habit.rule);
}

const std::vector<Habit>& habits() {
    using enum PluginRule;
    static const std::vector<Habit> all{
        {"load_abort", crashes_on_load, "was ended by SIGABRT at 'loading it'"},
        {"load_exit", crashes_on_load, "ended its process with exit code 0"},
        {"load_sleep", crashes_on_load, "had not ended after"},
        {"load_crash", crashes_on_load, "was ended by SIGSEGV at 'loading it'"},
        {"throw_on_load", crashes_on_load, "not today"},
        {"load_slowly", slow_load, "took 1"},
        {"load_noise", noisy_load, "'hello from my constructor '"},
        {"never_unloaded", stays_mapped, "is still in memory"},
        {"start_thread", leaves_threads, "leaves 1 threads running"},
        {"open_file", leaves_descriptors, "/dev/zero"},
        {"take_signals", changes_signals, "CHLD"},
        {"move_house", changes_process, "the environment, the working directory"},
        {"leak", grows, "KiB behind in 100 lives"},
        {"start_once", fails_again, "starts at first, but not in its life 2"},
        {"fail_selftest", selftest_failed, "2 + 2 is 5"},
        {"other_notes", notes_differ, "is guest.unruly 2.0.0"},
        {"odd_schema", bad_schema, "input schema of guest::Unruly"},
        {"odd_version", bad_version, "'one'"},
        {"odd_methods", bad_methods, "'call,,call'"},
        {"cannot_create", no_instance, "no api_key"},
        {"null_dereference", crashes_on_call, "SIGSEGV at 'guest::Unruly, the given input"},
        {"stack_overflow", crashes_on_call, "SIGSEGV"},
        {"divide_by_zero", crashes_on_call, "SIGFPE"},
        {"call_abort", crashes_on_call, "SIGABRT"},
        {"call_exit", crashes_on_call, "exit code 7"},
        {"call_underscore_exit", crashes_on_call, "exit code 0"},
        {"kill_itself", crashes_on_call, "SIGKILL"},
        {"close_everything", crashes_on_call, "exit code"},
        {"hang", hangs_on_call, "had not ended after"},
        {"spin", hangs_on_call, "had not ended after"},
        {"let_out", lets_exceptions_out, "out of the blue"},
        {"broken_json", bad_result, "invalid JSON at byte 5"},
        {"reserved_nonsense", bad_result, "refused"},
        {"no_result", no_result, "succeeded without a result"},
        {"no_reason", no_reason, "failed without a reason"},
        {"speak_after_return", late_call, "used handles of calls that had returned"},
        {"scribble", writes_host_memory, "wrote to the step"},
        {"unknown_status", unknown_status, "returned status 4711"},
        {"noise", noisy_call, "'here I am"},
        {"want_to_be_alone", crashes_concurrently, "SIGABRT at '4 calls at a time'"},
        {"doze", ignores_cancel, "ms after it was cancelled"},
        {"trust_extensions", crashes_on_fault, "there are no extensions"},
        {"dislike_repetition", crashes_on_fuzz, "SIGABRT at 'guest::Unruly, seed 7, round "},
        {"load_three_times", crashes_on_reload, "SIGABRT"},
        {"leaves_a_thread", leaves_threads, "threads running after calls of corpus::Habit"},
        {"takes_signals", changes_signals, "after calls of corpus::Habit"},
        {"changes_everything", changes_process, "after calls of corpus::Habit"},
        {"leaks", grows, "KiB of 75 calls of corpus::Habit"},
        {"dislike_signals", fails_when_interrupted, "fails where signals interrupt it"},
        {"want_a_child", fails_in_sandbox, "fails in the sandbox of a runner"},
    };
    return all;
}

class ValidatorTest : public ::testing::TestWithParam<Habit> {
protected:
    ValidatorTest() { tenon::testing::calm_sanitizers(); }

    Validator::Options options(std::vector<std::string> only) {
        return {
            .scout =
                {.program = fs::path(TENON_BINARY_DIR) / "tenon-plugin-scout",
                 .limit = std::chrono::seconds(10)},
            .snapshot_directory = files_.path() / "snapshots",
            .only = std::move(only),
            .seed = 7,
        };
    }

    static std::vector<std::string> sentences(const ValidationReport& report) {
        std::vector<std::string> all;
        for (const auto& result : report.results) {
            for (const auto& finding : result.findings) {
                all.push_back(to_error(finding).detail);
            }
        }
        return all;
    }

    tenon::testing::PrivateDirectory files_;
};

TEST_P(ValidatorTest, FindsTheBadHabit) {
    const auto& [guest, rule, words] = GetParam();
    auto settings = options({id_of(rule)});
    if (guest == "hang" || guest == "spin" || guest == "load_sleep") {
        settings.scout.limit = std::chrono::milliseconds(500);
    }
    Validator validator(std::move(settings));
    const auto report = validator.run(fs::path(TENON_GUEST_DIRECTORY) / (guest + ".so"));
    EXPECT_THAT(
        sentences(report),
        Contains(::testing::AllOf(HasSubstr(words), HasSubstr('[' + id_of(rule) + ']')))
    );
}

INSTANTIATE_TEST_SUITE_P(
    Habits,
    ValidatorTest,
    ::testing::ValuesIn(habits()),
    [](const auto& habit) { return habit.param.guest; }
);

TEST(ValidatorRules, AreAllBrokenBySomeGuest) {
    std::set<PluginRule> broken;
    for (const auto& habit : habits()) {
        broken.insert(habit.rule);
    }
    for (const auto& info : plugin_rules()) {
        if (info.rule >= PluginRule::crashes_on_load) {
            EXPECT_TRUE(broken.contains(info.rule)) << info.name << " is broken by no guest";
        }
    }
}

TEST_F(ValidatorTest, FindsNothingWrongWithGoodPlugins) {
    for (const std::string name : {"linear", "diamond", "tree"}) {
        Validator validator(options({}));
        const auto report = validator.run(fs::path(TENON_PLUGIN_DIRECTORY) / (name + ".so"));
        auto found = sentences(report);
        if (tenon::testing::sanitized) {
            std::erase_if(found, [](const auto& text) {
                return text.find("[TENON-V109]") != std::string::npos;
            });
        }
        EXPECT_THAT(found, Each(HasSubstr("[TENON-V102]")))
            << name << ": only a busy machine may make it slow to load";
        EXPECT_GT(report.results.size(), 10U);
    }
}

TEST_F(ValidatorTest, RunsNothingOfAFileThatAHostWouldRefuse) {
    Validator validator(options({"call"}));
    const auto report = validator.run(fs::path(TENON_GUEST_DIRECTORY) / "static_tls.so");
    ASSERT_EQ(report.results.size(), 1U);
    EXPECT_EQ(report.results[0].check, "file");
    EXPECT_EQ(report.count(Severity::refused), 1U);
}

TEST_F(ValidatorTest, RefusesACheckThatItDoesNotHave) {
    EXPECT_THAT(
        [&] { Validator(options({"TENON-V999"})); },
        ::testing::ThrowsMessage<Exception>(
            HasSubstr("there is no check and no rule 'TENON-V999': the checks are file, load, ")
        )
    );
}

}  // namespace
}  // namespace tenon::plugin_host
