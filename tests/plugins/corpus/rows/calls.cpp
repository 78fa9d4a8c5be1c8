// Rows 23, 24, 32 to 34 and 40 to 43: what handlers hand to their host, or fail to.

#include "expectations.hpp"
#include "plugin_host/calls/call_handle.hpp"
#include "requests_to_stop.hpp"
#include "scenarios.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <pthread.h>
#include <thread>

namespace tenon::corpus::rows {

using namespace std::chrono_literals;
using namespace plugin_host;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

const std::string callable = "corpus::Result";

StepFailure failure(const StepOutcome& outcome) {
    const auto* failed = std::get_if<StepFailure>(&outcome);
    EXPECT_NE(failed, nullptr) << to_text(outcome);
    return failed == nullptr ? StepFailure{} : *failed;
}

}  // namespace

void bare_exceptions(const Trial& trial) {
    {
        ServingHost host(trial.mode, trial.directory);
        expect_accepted(host, "throws");
        expect_accepted(host, "let_out");
        StepCall step;
        const auto number = failure(host.invoke("corpus::Throws", "call", step));
        EXPECT_EQ(number.error_code, "foreign_exception");
        EXPECT_EQ(number.message, "corpus::Throws let an exception out: it is no std::exception");
        step.attempt = 2;
        EXPECT_EQ(
            failure(host.invoke("corpus::Throws", "call", step)).error_code, "foreign_exception"
        );
        EXPECT_EQ(
            host.answer("guest::LetOut"),
            "foreign_exception: guest::LetOut let an exception out: out of the blue"
        );
    }
    // With an unwinder of its own, what it throws cannot be caught by anybody else.
    expect_fatal(trial, "throws_statically", {{"call", 128 + SIGABRT, "SIGABRT"}});
}

void sdk_exceptions(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "throwing");
    EXPECT_EQ(host.answer("guest::Logic"), "UNHANDLED_EXCEPTION: a bug");
    EXPECT_THAT(host.answer("guest::Number"), StartsWith("UNHANDLED_EXCEPTION: "));
    EXPECT_THAT(host.answer("guest::Memory"), StartsWith("OUT_OF_MEMORY: "));
    EXPECT_EQ(host.answer("guest::Permanent"), "CARD_DECLINED: declined");
    const auto permanent = failure(host.invoke("guest::Permanent"));
    EXPECT_EQ(permanent.error_type, "PaymentError");
    EXPECT_EQ(permanent.retryable, false);
    const auto retryable = failure(host.invoke("guest::Retryable"));
    EXPECT_EQ(retryable.retry_after, 2s);
    EXPECT_EQ(retryable.context_json, R"({"queue":9})");
}

void late_handles(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "results");
    const auto before = late_handle_uses();
    EXPECT_EQ(host.answer(callable, "after_return"), "42");
    if (trial.in_process()) {
        while (late_handle_uses() < before + 2) {
            std::this_thread::sleep_for(1ms);
        }
    }
    EXPECT_EQ(host.answer(callable, "answer"), "42");
}

void many_results(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "results");
    EXPECT_EQ(host.answer(callable, "twice"), "2");
    EXPECT_EQ(host.answer(callable, "none"), "{}");
    EXPECT_EQ(host.answer(callable, "another_thread"), "42");
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(host.answer(callable, "after_return"), "42");
    }
}

void pending_calls(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "results");
    EXPECT_EQ(host.answer(callable, "completes_twice"), R"("first")");
    EXPECT_EQ(host.answer(callable, "completes_late"), R"("late")");
    Stopping stopping;
    StepCall step;
    step.services = &stopping;
    const auto begin = std::chrono::steady_clock::now();
    const auto given_up = failure(host.invoke(callable, "never_completes", step));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
    if (trial.in_process()) {
        EXPECT_EQ(given_up.error_code, "handler_timeout");
        EXPECT_EQ(given_up.message, "corpus::Result stopped at its time limit");
    } else {
        EXPECT_THAT(given_up.error_code, ::testing::AnyOf("handler_timeout", "plugin_crashed"));
    }
    EXPECT_EQ(host.answer(callable, "answer"), "42");
}

void large_results(const Trial& trial) {
    constexpr std::size_t limit = std::size_t{8} * 1024 * 1024;
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "results");
    const auto whole = host.answer(callable, "at_the_limit");
    EXPECT_EQ(whole.size(), limit);
    EXPECT_EQ(whole.find_first_not_of('x', 1), limit - 1);
    for (const auto& [method, bytes] : std::initializer_list<std::pair<std::string, std::string>>{
             {"over_the_limit", "8388609"},
             {"hundred_megabytes", "104857600"},
             {"a_gigabyte", "1073741824"}
         }) {
        const auto refused = failure(host.invoke(callable, method));
        EXPECT_EQ(refused.error_code, "invalid_result") << method;
        EXPECT_EQ(refused.retryable, false) << method;
        EXPECT_THAT(refused.message, HasSubstr(bytes + " bytes are more than 8388608")) << method;
    }
}

void odd_json(const Trial& trial) {
    // Empty: it is taken as it is written.
    const std::vector<std::string> words{
        "at byte 1",              // no UTF-8
        "at byte ",               // an escaped NUL
        "at byte ",               // half of a surrogate pair
        "at byte 0",              // NaN
        "at byte 3: text after",  // something behind it
        "at byte 0",              // a byte order mark
        "the text ends",          // nothing
        "",                       // one key twice
        "",                       // thirty digits
        "at byte ",               // a NUL
        "beyond the range",       // more than PostgreSQL holds
        "at byte ",               // a surrogate, encoded
        "the text ends",          // unfinished
    };
    const std::vector<std::string> taken{R"({"a":1,"a":2})", "123456789012345678901234567890"};
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "results");
    std::size_t verbatim = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto name = std::to_string(i);
        StepCall step;
        step.step_name = name;
        const auto outcome = host.invoke(callable, "text", step);
        if (words[i].empty()) {
            EXPECT_EQ(to_text(outcome), taken.at(verbatim++)) << i;
            continue;
        }
        const auto refused = failure(outcome);
        EXPECT_EQ(refused.error_code, "invalid_result") << i;
        EXPECT_EQ(refused.retryable, false) << i;
        EXPECT_THAT(refused.message, HasSubstr(words[i])) << i;
    }
}

namespace {

struct Deep {
    const CorpusHost& host;
    std::string answer;
};

void* call_deep(void* argument) {
    auto& deep = *static_cast<Deep*>(argument);
    deep.answer = deep.host.answer(callable, "deep");
    return nullptr;
}

}  // namespace

void deep_json(const Trial& trial) {
    constexpr std::size_t small_stack = std::size_t{256} * 1024;
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "results");
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, small_stack);
    Deep deep{host, {}};
    pthread_t thread{};
    ASSERT_EQ(::pthread_create(&thread, &attributes, &call_deep, &deep), 0);
    ::pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    EXPECT_THAT(deep.answer, StartsWith("invalid_result: "));
    EXPECT_THAT(deep.answer, HasSubstr("128"));
}

void odd_errors(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "results");
    const auto endless = failure(host.invoke(callable, "long_message"));
    EXPECT_EQ(endless.message, std::string(4096, 'm'));
    EXPECT_EQ(endless.error_type, std::string(128, 'm'));
    EXPECT_EQ(endless.error_code, std::string(128, 'm'));
    EXPECT_EQ(endless.context_json, "") << "it is no JSON object";
    const auto odd = failure(host.invoke(callable, "odd_message"));
    EXPECT_THAT(odd.message, HasSubstr(" broken  text "));
    EXPECT_EQ(odd.message.find('\xff'), std::string::npos);
    EXPECT_EQ(odd.retryable, std::nullopt) << "7 is neither yes nor no";
    EXPECT_EQ(failure(host.invoke(callable, "retry_in_aeons")).retry_after, 24h * 30);
    EXPECT_EQ(failure(host.invoke(callable, "retry_in_the_past")).retry_after, std::nullopt);
}

}  // namespace tenon::corpus::rows
