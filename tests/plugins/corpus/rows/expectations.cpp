#include "expectations.hpp"

#include "foundation/sha256.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <variant>

namespace tenon::corpus {
namespace {

using plugin_host::CrashBlame;
using plugin_host::CrashStage;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::uint64_t rejections(CorpusHost& host) {
    return host.lifecycle().transitions().at(
        static_cast<std::size_t>(plugin_host::PluginState::rejected)
    );
}

}  // namespace

std::string refusal(CorpusHost& host, const std::string& name) {
    const auto before = rejections(host);
    const auto loaded = host.load(name);
    if (loaded) {
        return "accepted";
    }
    const auto file = host.file(name).string();
    const auto& detail = loaded.error().detail;
    EXPECT_EQ(rejections(host), before + 1) << detail;
    EXPECT_THAT(detail, StartsWith(file + ' '));
    EXPECT_EQ(detail.find('\n'), std::string::npos) << detail;
    return detail.substr(std::min(detail.size(), file.size() + 1));
}

void expect_words(
    const std::string& sentence,
    const std::string& words,
    const std::string& rule,
    const std::string& what
) {
    EXPECT_THAT(sentence, HasSubstr(words)) << what;
    EXPECT_THAT(sentence, EndsWith('[' + rule + ']')) << what;
}

void expect_refused(CorpusHost& host, const std::vector<Refused>& all) {
    for (const auto& [guest, words, rule] : all) {
        host.put(guest, CorpusHost::bytes(guest));
        expect_words(refusal(host, guest), words, rule, guest);
    }
}

void expect_accepted(CorpusHost& host, const std::string& guest, const std::string& name) {
    const auto loaded = host.deploy(guest, name);
    EXPECT_TRUE(loaded) << loaded.error().detail;
}

namespace {

/// What a host that died of the call has left for the one that starts next: whose fault it was.
/// SIGKILL and exits that run no code leave nothing but a file.
void expect_record(const ChildHost& child, const Fatal& call, const std::string& callable) {
    ASSERT_EQ(child.crash.has_value(), !call.leaves_no_words) << call.method;
    if (call.leaves_no_words) {
        return;
    }
    const auto& crash = *child.crash;
    constexpr int signals = 128;
    EXPECT_EQ(crash.stage, CrashStage::complete) << call.method;
    const int signal = call.exit_code - signals;
    EXPECT_EQ(crash.signal, signal > 0 && signal < NSIG ? signal : 0) << call.method;
    EXPECT_EQ(crash.blame, CrashBlame::call) << call.method;
    EXPECT_STREQ(crash.callable.data(), callable.c_str()) << call.method;
    EXPECT_THAT(plugin_host::describe(crash), HasSubstr(callable)) << call.method;
}

void expect_plugin_crashed(CorpusHost& host, const std::string& callable, const Fatal& call) {
    const auto outcome = host.invoke(callable, call.method);
    const auto* failed = std::get_if<StepFailure>(&outcome);
    ASSERT_NE(failed, nullptr) << call.method << ": " << to_text(outcome);
    EXPECT_EQ(failed->error_code, "plugin_crashed") << call.method;
    EXPECT_EQ(failed->retryable, true) << call.method;
    EXPECT_THAT(failed->message, HasSubstr(call.words)) << call.method;
    EXPECT_EQ(host.answer(callable, "answer"), "42") << "after " << call.method;
}

}  // namespace

void expect_fatal(const Trial& trial, const std::string& guest, const std::vector<Fatal>& calls) {
    const auto directory = trial.directory / "fatal";
    std::filesystem::create_directory(directory);
    const auto sha256 = sha256_hex(CorpusHost::bytes(guest));
    ServingHost host(trial.mode, directory, [&](CorpusHost::Options& options) {
        // As the crashes of a host demote a build: this one may not run in the host any more.
        options.registry.isolation.demotion = [sha256](const std::string& build) {
            return build == sha256 ? Isolation::process : Isolation::in_process;
        };
    });
    const auto loaded = host.deploy(guest);
    ASSERT_TRUE(loaded) << loaded.error().detail;
    const auto& callable = loaded->callables.front();
    for (const auto& call : calls) {
        expect_plugin_crashed(host, callable, call);
        if (trial.in_process()) {
            const auto child = call_in_child(trial.directory / "child", guest, call.method);
            EXPECT_EQ(child.exit_code, call.exit_code) << call.method;
            EXPECT_THAT(child.answers(), ::testing::IsEmpty()) << call.method;
            expect_record(child, call, callable);
        }
    }
    if (trial.in_process()) {
        const auto anew = call_in_child(trial.directory / "child", guest, "answer");
        EXPECT_TRUE(anew.went_on());
        EXPECT_FALSE(anew.crash) << "it ended in order";
        EXPECT_THAT(anew.answers(), ::testing::ElementsAre("42"));
    }
}

}  // namespace tenon::corpus
