// Rows 25, 29 to 31 and 35 to 39: what handlers do to the process that they run in.

#include "expectations.hpp"
#include "plugins/calm_sanitizers.hpp"
#include "scenarios.hpp"
#include "support/child_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::corpus::rows {

namespace fs = std::filesystem;
using plugin_host::PluginState;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

namespace {

/// Of the process that runs the tests: what a handler in a process of its own cannot change.
struct OwnProcess {
    std::string directory = fs::current_path().string();
    mode_t mask = 0;
    std::string zone;
    struct sigaction on_child{};

    OwnProcess() {
        mask = ::umask(0);
        ::umask(mask);
        const char* text = ::getenv("TZ");  // NOLINT(concurrency-mt-unsafe)
        zone = text == nullptr ? "" : text;
        ::sigaction(SIGCHLD, nullptr, &on_child);
    }

    void expect_unchanged() const {
        const OwnProcess now;
        EXPECT_EQ(now.directory, directory);
        EXPECT_EQ(now.mask, mask);
        EXPECT_EQ(now.zone, zone);
        EXPECT_EQ(now.on_child.sa_handler, on_child.sa_handler);
    }
};

/// Expects the call to be answered, and everybody to be served on: by a host in a child process,
/// which the plugin changes, or by this one, which it cannot change.
void expect_to_live_with(const Trial& trial, const std::string& method) {
    if (trial.in_process()) {
        const auto child = call_in_child(trial.directory, "habits", method);
        EXPECT_TRUE(child.went_on()) << method;
        EXPECT_THAT(child.answers(), ElementsAre("42")) << method;
        return;
    }
    const OwnProcess before;
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "habits");
    EXPECT_EQ(host.answer("corpus::Habit", method), "42") << method;
    EXPECT_EQ(host.answer("corpus::Habit", "answer"), "42") << "after " << method;
    before.expect_unchanged();
}

}  // namespace

void crashes(const Trial& trial) {
    expect_fatal(
        trial,
        "crashes",
        {{"null_pointer", 128 + SIGSEGV, "SIGSEGV"},
         {"wild_write", 128 + SIGSEGV, "SIGSEGV"},
         {"stack_overflow", 128 + SIGSEGV, "SIGSEGV"},
         {"aborts", 128 + SIGABRT, "SIGABRT"},
         {"divides_by_zero", 128 + SIGFPE, "SIGFPE"},
         {"bus_error", 128 + SIGBUS, "SIGBUS"},
         {"illegal_instruction", 128 + SIGILL, "SIGILL"}}
    );
}

void leaks(const Trial& trial) {
    constexpr int calls = 64;
    if (trial.in_process()) {
        const auto child = call_in_child(trial.directory, "habits", "leaks", calls);
        EXPECT_TRUE(child.went_on());
        EXPECT_THAT(child.answers(), SizeIs(calls));
        EXPECT_THAT(child.answers(), Each("42"));
        return;
    }
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "habits");
    for (int i = 0; i < calls; ++i) {
        ASSERT_EQ(host.answer("corpus::Habit", "leaks"), "42") << i;
    }
}

void memory_bomb(const Trial& trial) {
    if (tenon::testing::sanitized) {
        // A sanitizer ends the process itself when it gets no more memory.
        expect_fatal(trial, "crashes", {{"eats_memory", 1, "exit 1", true}});
        return;
    }
    expect_fatal(trial, "crashes", {{"eats_memory", 128 + SIGABRT, "SIGABRT"}});
}

void lasting_thread(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "habits");
    EXPECT_EQ(host.answer("corpus::Habit", "leaves_a_thread"), "42");
    // Another build in its place: the old one goes, its thread does not.
    expect_accepted(host, "thread_on_load", "habits");
    EXPECT_EQ(host.answer("corpus::Habit", "answer"), "42");
    const auto ended =
        trial.in_process() ? PluginState::retired_pinned : PluginState::retired_closed;
    EXPECT_TRUE(tenon::testing::eventually([&] {
        return host.lifecycle().transitions().at(static_cast<std::size_t>(ended)) == 1;
    }));
}

void output_and_descriptors(const Trial& trial) {
    expect_to_live_with(trial, "writes_much");
    expect_to_live_with(trial, "closes_output");
    if (trial.in_process()) {
        const auto child = call_in_child(trial.directory, "crashes", "closes_everything");
        EXPECT_EQ(child.exit_code, 128 + SIGABRT) << "a host without descriptors is none";
        EXPECT_TRUE(call_in_child(trial.directory, "crashes", "answer").went_on());
        return;
    }
    expect_fatal(trial, "crashes", {{"closes_everything", 0, ""}});
}

void exits(const Trial& trial) {
    expect_fatal(
        trial,
        "crashes",
        {{"calls_exit", 7, "7"},
         {"calls_underscore_exit", 8, "8", true},
         {"calls_quick_exit", 255, "9"},
         {"kills_itself", 128 + SIGKILL, "SIGKILL", true},
         {"ends_its_thread", 128 + SIGABRT, ""}}
    );
}

void process_state(const Trial& trial) {
    expect_to_live_with(trial, "changes_everything");
}

void signal_handlers(const Trial& trial) {
    expect_to_live_with(trial, "takes_signals");
}

void forks(const Trial& trial) {
    if (trial.in_process()) {
        const auto child = call_in_child(trial.directory, "habits", "forks", 3);
        EXPECT_TRUE(child.went_on());
        EXPECT_THAT(child.answers(), ElementsAre(R"("parent")", R"("parent")", R"("parent")"))
            << "the forked process goes on as if it were the host";
        return;
    }
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "habits");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(host.answer("corpus::Habit", "forks"), R"("refused")");
    }
    EXPECT_EQ(host.answer("corpus::Habit", "answer"), "42");
}

}  // namespace tenon::corpus::rows
