// What a process that crashes says of itself. Each crash is that of a forked child.

#include "plugin_host/crash/crash_watch.hpp"

#include "plugin_host/crash/call_under_way.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t home = 77;
constexpr auto step_uuid = "0192f0c1-0000-7000-8000-000000000001";

const PluginInfo& build() {
    // Never destroyed: a plugin that calls exit() does so before any build goes.
    static const auto& info = *new PluginInfo{[] {
        PluginInfo made;
        made.id = "com.example.shop";
        made.version = "1.2.3";
        made.sha256 = std::string(64, 'a');
        made.build_id = "0123456789abcdef0123";
        return made;
    }()};
    return info;
}

// A sanitizer would end it before the signal does.
__attribute__((no_sanitize("undefined", "address"))) void dereference_null() {
    int* volatile nothing = nullptr;
    *nothing = 1;
}

// The frame is used after the call, so that it stays.
int dig(int depth) {
    volatile char room[4096];
    room[0] = static_cast<char>(depth);
    return depth < 0 ? depth : dig(depth + 1) + room[0];
}

/// A call of a handler that ends with `end`.
void call_and(const std::function<void()>& end) {
    static const auto& callable = *new std::string("shop::Buy");
    StepCall step;
    step.task_uuid = "0192f0c1-0000-7000-8000-000000000000";
    step.step_uuid = step_uuid;
    step.attempt = 3;
    const GuestWorkScope work({.build = &build(), .callable = &callable, .step = &step});
    end();
}

class CrashWatchTest : public ::testing::Test {
protected:
    /// Runs `act` in a child with a watch; returns its wait status.
    int status_of(const std::function<void()>& act) const {
        const pid_t child = ::fork();
        if (child == 0) {
            // Neither a sanitizer nor a core file has anything to do with it.
            const rlimit none{};
            ::setrlimit(RLIMIT_CORE, &none);
            for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
                ::signal(signal, SIG_DFL);
            }
            CrashFile file(directory_.path(), "child", home);
            const CrashWatch watch(file);
            file.enter(HostPhase::ready);
            act();
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return status;
    }

    CrashRecord record() const {
        const auto left = find_crashes(directory_.path());
        EXPECT_EQ(left.size(), 1U);
        return left.empty() ? CrashRecord{} : left.front().record;
    }

    std::filesystem::path file() const { return directory_.path() / "child.crash"; }

    testing::PrivateDirectory directory_;
};

TEST_F(CrashWatchTest, NamesTheSignalTheBuildAndTheStep) {
    const auto status = status_of([] { call_and(dereference_null); });
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGSEGV) << "the status must stay true";
    const auto left = record();
    EXPECT_EQ(left.signal, SIGSEGV);
    EXPECT_EQ(left.address, 0U);
    EXPECT_NE(left.instruction, 0U);
    EXPECT_EQ(left.phase, HostPhase::ready);
    EXPECT_EQ(left.stage, CrashStage::complete);
    EXPECT_EQ(left.blame, CrashBlame::call);
    EXPECT_EQ(left.home, home);
    EXPECT_EQ(left.attempt, 3U);
    EXPECT_STREQ(left.step_uuid.data(), step_uuid);
    EXPECT_EQ(left.sha256.data(), build().sha256);
    EXPECT_EQ(
        describe(left),
        "died of SIGSEGV at address 0x0, in a call of com.example.shop 1.2.3 (sha256 "
        "aaaaaaaaaaaa), callable shop::Buy, step 0192f0c1-0000-7000-8000-000000000001, attempt 3"
    );
}

TEST_F(CrashWatchTest, KnowsEverySignalThatACrashSends) {
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
        const auto status = status_of([signal] { call_and([signal] { ::raise(signal); }); });
        ASSERT_TRUE(WIFSIGNALED(status)) << signal_name(signal);
        EXPECT_EQ(WTERMSIG(status), signal);
        EXPECT_EQ(record().signal, signal);
        EXPECT_EQ(record().blame, CrashBlame::call);
        std::filesystem::remove(file());
    }
}

TEST_F(CrashWatchTest, SurvivesTheOverflowOfAStack) {
    const auto status = status_of([] {
        std::thread([] {
            const AlternateStack stack;
            call_and([] { errno = dig(1); });
        }).join();
    });
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGSEGV);
    EXPECT_STREQ(record().step_uuid.data(), step_uuid);
}

TEST_F(CrashWatchTest, BlamesNobodyForASignalFromOutside) {
    const auto status = status_of([] {
        call_and([] {
            const pid_t victim = ::getpid();
            if (::fork() == 0) {
                ::kill(victim, SIGSEGV);
                ::_exit(0);
            }
            ::pause();
        });
    });
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto left = record();
    EXPECT_EQ(left.blame, CrashBlame::nobody);
    EXPECT_EQ(left.attempt, 0U);
    EXPECT_STREQ(left.sha256.data(), "");
    EXPECT_THAT(describe(left), HasSubstr("died of SIGSEGV from process "));
}

TEST_F(CrashWatchTest, NoticesThatAPluginCalledExit) {
    auto status = status_of([] { call_and([] { std::exit(7); }); });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
    EXPECT_EQ(record().signal, 0);
    EXPECT_EQ(record().code, 7);
    EXPECT_THAT(describe(record()), HasSubstr("exit(7) was called, in a call of com.example.shop"));
    std::filesystem::remove(file());

    status = status_of([] { call_and([] { std::quick_exit(8); }); });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(record().blame, CrashBlame::call);
}

TEST_F(CrashWatchTest, LeavesAProcessAloneThatAPluginForked) {
    const auto status = status_of([] {
        call_and([] {
            const pid_t child = ::fork();
            if (child == 0) {
                dereference_null();
            }
            int ending = 0;
            ::waitpid(child, &ending, 0);
            ::_exit(WIFSIGNALED(ending) ? 40 : 41);
        });
    });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 40);
    EXPECT_TRUE(find_crashes(directory_.path()).empty()) << "the host did not crash";
}

TEST_F(CrashWatchTest, HoldsOutWhenAPluginClosesEveryDescriptor) {
    const auto status = status_of([] {
        call_and([] {
            ::close_range(3, ~0U, 0);
            dereference_null();
        });
    });
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_STREQ(record().step_uuid.data(), step_uuid);
}

TEST_F(CrashWatchTest, BlamesTheInnerWorkAndAfterItTheOuter) {
    call_and([] {
        EXPECT_NE(guest_work, nullptr);
        const auto* const outer = guest_work;
        {
            const GuestWorkScope load({.build = &build()});
            EXPECT_EQ(guest_work->callable, nullptr);
        }
        EXPECT_EQ(guest_work, outer);
    });
    EXPECT_EQ(guest_work, nullptr);
}

TEST_F(CrashWatchTest, SaysWhoseHandlersWereTaken) {
    EXPECT_EQ(CrashWatch::taken_signals(), "") << "nobody watches";
    const auto status = status_of([] {
        const bool none = CrashWatch::taken_signals().empty();
        ::signal(SIGBUS, SIG_IGN);
        ::_exit(none && CrashWatch::taken_signals() == "SIGBUS" ? 40 : 41);
    });
    EXPECT_EQ(WEXITSTATUS(status), 40);
}

TEST_F(CrashWatchTest, OfAHostThatEndsInOrderNothingIsLeft) {
    {
        CrashFile file(directory_.path(), "host", home);
        const CrashWatch watch(file);
        EXPECT_TRUE(find_crashes(directory_.path()).empty()) << "it lives";
        EXPECT_TRUE(std::filesystem::exists(file.path()));
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

// Killed without a word: its file is there and says nothing.
TEST_F(CrashWatchTest, OfAHostThatWasKilledTheFileGoesAtTheNextLook) {
    const auto status = status_of([] { ::kill(::getpid(), SIGKILL); });
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_TRUE(std::filesystem::exists(file()));
    EXPECT_TRUE(find_crashes(directory_.path()).empty());
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(CrashWatchTest, AFileOfNoRecordIsNobodysCrash) {
    std::ofstream(file()) << std::string(4096, 'x');
    std::ofstream(directory_.path() / "short.crash") << "x";
    EXPECT_FALSE(read_crash_file(file()));
    EXPECT_TRUE(find_crashes(directory_.path()).empty());
    EXPECT_FALSE(read_crash_file(directory_.path() / "none.crash"));
}

}  // namespace
}  // namespace tenon::plugin_host
