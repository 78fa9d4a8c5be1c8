// Rows 27 and 28: handlers that do not come back.

#include "expectations.hpp"
#include "requests_to_stop.hpp"
#include "scenarios.hpp"
#include "support/child_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace tenon::corpus::rows {

using namespace std::chrono_literals;
using namespace plugin_host;

namespace {

const std::string callable = "corpus::Habit";

/// A call of a handler in this process that never comes back: its thread is lost, and stays until
/// the process ends.
class LostCall {
public:
    LostCall(const CorpusHost& host, std::string method) {
        threads().emplace_back(
            [handler = host.handler(callable), method = std::move(method), ended = ended_] {
                Stopping stopping;
                StepCall step;
                step.method = method;
                step.services = &stopping;
                handler->invoke(step);
                *ended = true;
            }
        );
    }

    bool ended() const { return *ended_; }

private:
    static std::vector<std::thread>& threads() {
        static auto& lost = *new std::vector<std::thread>;
        return lost;
    }

    std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
};

std::uint64_t in_flight(CorpusHost& host) {
    return host.lifecycle().status("corpus.habits")->generations.back().calls.in_flight;
}

void expect_lost(const Trial& trial, const std::string& method, std::uint64_t calls) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "habits");
    std::vector<LostCall> lost;
    for (std::uint64_t i = 0; i < calls; ++i) {
        lost.emplace_back(host, method);
    }
    EXPECT_TRUE(tenon::testing::eventually([&] { return in_flight(host) == calls; }));
    EXPECT_EQ(host.answer(callable, "answer"), "42");
    // Another build in its place: new calls go there, the old one is never ended.
    expect_accepted(host, "thread_on_load", "habits");
    EXPECT_EQ(host.answer(callable, "answer"), "42");
    EXPECT_TRUE(host.neighbour().answers());
    EXPECT_EQ(in_flight(host), calls);
    for (const auto& call : lost) {
        EXPECT_FALSE(call.ended());
    }
}

void expect_killed(CorpusHost& host, const std::string& method) {
    // A runner is there: one that is asked to stop before it started is not killed.
    EXPECT_EQ(host.answer(callable, "answer"), "42");
    Stopping stopping;
    StepCall step;
    step.services = &stopping;
    const auto begin = std::chrono::steady_clock::now();
    const auto outcome = host.invoke(callable, method, step);
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took, 450ms) << "it had its grace";
    EXPECT_LT(took, 5s);
    const auto* failed = std::get_if<StepFailure>(&outcome);
    ASSERT_NE(failed, nullptr) << to_text(outcome);
    EXPECT_EQ(failed->error_code, "handler_timeout");
    EXPECT_THAT(failed->message, ::testing::HasSubstr("its runner was killed"));
    EXPECT_EQ(host.answer(callable, "answer"), "42");
}

}  // namespace

void endless_loop(const Trial& trial) {
    if (trial.in_process()) {
        expect_lost(trial, "spins", 1);
        return;
    }
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "habits");
    expect_killed(host, "spins");
}

void lost_lock(const Trial& trial) {
    if (trial.in_process()) {
        expect_lost(trial, "waits_for_a_lock", 2);
        return;
    }
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "habits");
    std::jthread other([&host] { expect_killed(host, "waits_for_a_lock"); });
    expect_killed(host, "waits_for_a_lock");
}

}  // namespace tenon::corpus::rows
