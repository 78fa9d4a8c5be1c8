#include "expectations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <variant>

namespace tenon::corpus {
namespace {

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

void expect_fatal(const Trial& trial, const std::string& guest, const std::vector<Fatal>& calls) {
    if (trial.in_process()) {
        const auto directory = trial.directory / "child";
        for (const auto& [method, exit_code, words] : calls) {
            const auto child = call_in_child(directory, guest, method);
            EXPECT_EQ(child.exit_code, exit_code) << method;
            EXPECT_THAT(child.answers(), ::testing::IsEmpty()) << method;
        }
        const auto anew = call_in_child(directory, guest, "answer");
        EXPECT_TRUE(anew.went_on());
        EXPECT_THAT(anew.answers(), ::testing::ElementsAre("42"));
        return;
    }
    ServingHost host(trial.mode, trial.directory);
    const auto loaded = host.deploy(guest);
    ASSERT_TRUE(loaded) << loaded.error().detail;
    const auto& callable = loaded->callables.front();
    for (const auto& [method, exit_code, words] : calls) {
        const auto outcome = host.invoke(callable, method);
        const auto* failed = std::get_if<StepFailure>(&outcome);
        ASSERT_NE(failed, nullptr) << method << ": " << to_text(outcome);
        EXPECT_EQ(failed->error_code, "plugin_crashed") << method;
        EXPECT_EQ(failed->retryable, true) << method;
        EXPECT_THAT(failed->message, HasSubstr(words)) << method;
        EXPECT_EQ(host.answer(callable, "answer"), "42") << "after " << method;
    }
}

}  // namespace tenon::corpus
