// Handlers in runners that crash, hang, lie and look around: it costs one step.

#include "plugins/runner/captive_plugin.hpp"

#include <atomic>
#include <csignal>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using RunnerFaults = CaptivePlugin;

/// Whether a child of this process has ended and nobody took notice.
bool has_zombie() {
    siginfo_t information{};
    ::waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT);
    return information.si_pid != 0;
}

TEST_F(RunnerFaults, BecomeAFailedAttemptThatSaysWhatHappened) {
    start();
    const auto crashed = failure(invoke("crash"));

    EXPECT_EQ(crashed.error_code, "plugin_crashed");
    EXPECT_EQ(crashed.retryable, true);
    EXPECT_THAT(crashed.message, StartsWith("captive::crash ended its runner: SIGSEGV"));
    EXPECT_THAT(crashed.message, HasSubstr("guest.captive 1.0.0, build "));
    EXPECT_THAT(crashed.message, HasSubstr(registry_->plugins().at(0).build_id));
    EXPECT_THAT(crashed.message, HasSubstr("about to fall"));
    EXPECT_THAT(crashed.context_json, HasSubstr(R"("ended_by":"SIGSEGV")"));
    EXPECT_THAT(crashed.context_json, HasSubstr(R"("stderr":"about to fall\n")"));
    EXPECT_EQ(handler("crash")->generation().calls()->counts().faults, 1U);
    EXPECT_TRUE(serves());
    EXPECT_EQ(runners().crashed, 1U);
}

TEST_F(RunnerFaults, NameAnExitCode) {
    start();
    EXPECT_THAT(
        answer("leave"),
        StartsWith("failed: plugin_crashed: captive::leave ended its runner: exit 7")
    );
}

TEST_F(RunnerFaults, CostNoMoreThanTenMilliseconds) {
    start();
    answer("process");
    auto quickest = milliseconds::max();
    for (int i = 0; i < 5; ++i) {
        const auto begin = Clock::now();
        EXPECT_EQ(failure(invoke("crash")).error_code, "plugin_crashed");
        quickest = std::min(quickest, std::chrono::ceil<milliseconds>(Clock::now() - begin));
        EXPECT_TRUE(serves());
    }

    EXPECT_LE(quickest.count(), tenon::testing::sanitized ? 100 : 10);
}

TEST_F(RunnerFaults, AreOverWithTheNextAttempt) {
    start();
    EXPECT_THAT(answer("crash_once"), HasSubstr("SIGABRT"));
    EXPECT_EQ(answer("crash_once", attempt(2)), "second time lucky");
}

TEST_F(RunnerFaults, IncludeThatTheConnectionIsClosed) {
    start();
    EXPECT_THAT(answer("close_all"), HasSubstr("plugin_crashed"));
    EXPECT_TRUE(serves());
}

TEST_F(RunnerFaults, IncludeFramesThatNobodySends) {
    start();
    const auto begin = Clock::now();
    EXPECT_THAT(answer("forge"), AllOf(HasSubstr("plugin_crashed"), HasSubstr("it sends a frame")));
    EXPECT_LT(Clock::now() - begin, milliseconds(150));
    EXPECT_TRUE(serves());
}

TEST_F(RunnerFaults, LeaveOtherCallsAlone) {
    start();
    std::atomic<bool> done{false};
    std::atomic<int> served{0};
    std::thread other([&] {
        while (!done) {
            EXPECT_TRUE(serves());
            ++served;
        }
    });
    for (int i = 0; i < 3; ++i) {
        const int before = served;
        EXPECT_THAT(answer("crash"), HasSubstr("SIGSEGV"));
        EXPECT_TRUE(eventually([&] { return served > before; }));
    }
    done = true;
    other.join();
}

TEST_F(RunnerFaults, InARowMakeNewRunnersWait) {
    start();
    const auto begin = Clock::now();
    for (int i = 0; i < 8; ++i) {
        EXPECT_THAT(answer("crash"), HasSubstr("SIGSEGV"));
    }

    // After three that are free: 20, 40, 80 and 160 ms; the last one waits for nobody.
    EXPECT_GE(Clock::now() - begin, milliseconds(20 + 40 + 80 + 160));
    EXPECT_TRUE(serves());
}

TEST_F(RunnerFaults, WhileNothingRunsAreNoticedBeforeTheNextCall) {
    start();
    answer("process");
    for (const auto pid : runners().pids) {
        ::kill(pid, SIGKILL);
    }
    std::this_thread::sleep_for(milliseconds(20));

    EXPECT_TRUE(serves());
    EXPECT_TRUE(eventually([] { return !has_zombie(); }));
}

TEST_F(RunnerFaults, LeaveNoZombies) {
    start();
    for (int i = 0; i < 4; ++i) {
        EXPECT_THAT(answer("crash"), HasSubstr("SIGSEGV"));
        EXPECT_THAT(answer("leave"), HasSubstr("exit 7"));
    }
    EXPECT_TRUE(eventually([] { return !has_zombie(); }));
}

TEST_F(RunnerFaults, AtTheEndAreEndedByForce) {
    ::setenv("CAPTIVE_STAYS", "1", 1);
    start();
    ::unsetenv("CAPTIVE_STAYS");
    EXPECT_TRUE(serves());
    const auto pids = runners().pids;
    const auto begin = Clock::now();
    registry_.reset();

    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(2));
    for (const auto pid : pids) {
        EXPECT_EQ(::kill(pid, 0), -1) << pid;
    }
}

TEST_F(RunnerFaults, AtTheStartRefuseTheBuild) {
    const auto crashed = load("load_crash", options());
    ASSERT_FALSE(crashed);
    EXPECT_THAT(
        crashed.error().detail,
        HasSubstr("load_crash.so ended its runner while it started: SIGSEGV")
    );
    const auto exited = load("load_exit", options());
    ASSERT_FALSE(exited);
    EXPECT_THAT(exited.error().detail, HasSubstr("exit 0"));
    auto hasty = options();
    hasty.runners.start_limit = milliseconds(200);
    const auto late = load("load_sleep", std::move(hasty));
    ASSERT_FALSE(late);
    EXPECT_THAT(late.error().detail, HasSubstr("had not started in its runner after 200 ms"));
    const auto unwilling = load("failing_init", options());
    ASSERT_FALSE(unwilling);
    EXPECT_THAT(unwilling.error().detail, HasSubstr("refused to start: "));
}

TEST_F(RunnerFaults, IncludeAMissingRunner) {
    auto with = options();
    with.runners.program = files_.path() / "nothing";
    const auto loaded = load("captive", std::move(with));

    ASSERT_FALSE(loaded);
    EXPECT_THAT(
        loaded.error().detail, HasSubstr("nothing does not exist: install it beside tenon, or")
    );
}

/// Asks for a stop when it is told to, as the worker's services do.
class Stoppable : public FakeServices {
public:
    void stop_after(milliseconds time, std::int32_t why) {
        due_ = std::chrono::steady_clock::now() + time;
        why_ = why;
    }

    std::int32_t cancel_reason() const noexcept override {
        return std::chrono::steady_clock::now() >= due_ ? why_ : TENON_NOT_CANCELLED;
    }

private:
    std::chrono::steady_clock::time_point due_{};
    std::int32_t why_ = TENON_NOT_CANCELLED;
};

TEST_F(RunnerFaults, StopWhenTheyAreAskedTo) {
    start();
    Stoppable services;
    services.stop_after(milliseconds(30), TENON_CANCEL_TASK);
    EXPECT_EQ(answer("wait_for_cancel", with(services)), "0 2 1");
    services.stop_after(milliseconds(30), TENON_CANCEL_SHUTDOWN);
    EXPECT_EQ(
        answer("heed_cancel", with(services)),
        "failed: CANCELLED: captive::heed_cancel stopped: the host shuts down"
    );
    // And the next call in the same runner knows nothing of that.
    services.stop_after(milliseconds(60000), TENON_CANCEL_TASK);
    EXPECT_THAT(answer("process", with(services)), HasSubstr(" "));
    services.stop_after(milliseconds(30), TENON_CANCEL_DEADLINE);
    EXPECT_EQ(answer("wait_for_cancel", with(services)), "0 1 1");
    EXPECT_EQ(runners().crashed, 0U);
}

TEST_F(RunnerFaults, AreKilledAfterTheirGrace) {
    auto hasty = options();
    hasty.runners.grace = milliseconds(100);
    hasty.runners.stop_grace = milliseconds(50);
    start(std::move(hasty));
    Stoppable services;
    services.stop_after(milliseconds(50), TENON_CANCEL_DEADLINE);
    const auto begin = Clock::now();
    const auto late = failure(invoke("ignore_cancel", with(services)));
    const auto took = Clock::now() - begin;

    EXPECT_EQ(late.error_code, "handler_timeout");
    EXPECT_EQ(late.error_type, "HandlerContract");
    EXPECT_EQ(
        late.message,
        "captive::ignore_cancel was asked to stop and did not end within 100 ms: its runner was "
        "killed"
    );
    EXPECT_GE(took, milliseconds(150));
    EXPECT_LT(took, milliseconds(400));
    services.stop_after(milliseconds(0), TENON_CANCEL_SHUTDOWN);
    const auto stopped = failure(invoke("ignore_cancel", with(services)));
    EXPECT_EQ(stopped.error_code, "CANCELLED");
    EXPECT_EQ(stopped.retryable, true);
}

TEST_F(RunnerFaults, DoNotKeepAHostFromStopping) {
    start();
    for (int i = 0; i < 6; ++i) {
        EXPECT_THAT(answer("crash"), HasSubstr("SIGSEGV"));
    }
    // The next runner has to wait 80 ms.
    Stoppable services;
    services.stop_after(milliseconds(0), TENON_CANCEL_SHUTDOWN);
    EXPECT_EQ(
        answer("process", with(services)),
        "failed: CANCELLED: no runner of guest.captive for captive::process: it was asked to stop "
        "before a runner had started"
    );
}

// A sanitizer needs more address space than any limit.
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
TEST_F(RunnerFaults, HitTheLimitOnMemoryAndNotTheHost) {
    auto small = options();
    small.runners.memory_bytes = std::uint64_t{512} << 20U;
    start(std::move(small));

    EXPECT_EQ(failure(invoke("bomb")).error_code, "OUT_OF_MEMORY");
    EXPECT_EQ(answer("limits"), "0 1024 " + std::to_string(512 << 20) + " 1");
}
#endif

TEST_F(RunnerFaults, AreLoggedUpToALimit) {
    start();
    EXPECT_EQ(answer("flood"), "written");
    EXPECT_THAT(answer("announce"), "");

    EXPECT_TRUE(eventually([&] {
        const auto said = lines();
        return std::ranges::find(said, "3|guest.captive|heard outside") != said.end();
    }));
    EXPECT_LT(lines().size(), 1200U);
    EXPECT_GT(lines().size(), 100U);
}

TEST_F(RunnerFaults, FindNoCredentials) {
    ::setenv("TENON_DATABASE_URL", "postgresql://secret", 1);
    ::setenv("PGPASSWORD", "secret", 1);
    ::setenv("DATABASE_URL", "postgres://user:secret@host/db", 1);
    ::setenv("PLAIN", "kept", 1);
    start();
    for (const auto* name : {"TENON_DATABASE_URL", "PGPASSWORD", "DATABASE_URL"}) {
        ::unsetenv(name);
    }

    EXPECT_THAT(answer("environment"), AllOf(HasSubstr("PLAIN=kept"), Not(HasSubstr("secret"))));
    EXPECT_EQ(answer("descriptors"), "0 1 2 3 4 5 6 ");
}

TEST_F(RunnerFaults, CannotReachBeyondTheirProcess) {
    start();

    EXPECT_EQ(
        answer("forbidden"),
        "execve:EPERM fork:EPERM ptrace:EPERM kill:EPERM kill_group:EPERM setuid:EPERM "
        "unshare:EPERM mount:EPERM bpf:EPERM orphan:EPERM kill_itself:allowed socket:allowed "
    );
    EXPECT_EQ(answer("thread"), "joined");
    for (const auto* folder : {"a", "b"}) {
        std::filesystem::create_directory(files_.path() / folder);
    }
    files_.write("a/file", "content");
    EXPECT_EQ(answer("move", about('"' + files_.path().string() + '"')), "moved");
}

TEST_F(RunnerFaults, CannotLookIntoTheirHost) {
    start();

    EXPECT_EQ(answer("spy"), "EACCES");
}

}  // namespace
}  // namespace tenon::plugin_host
