// A plugin that takes its host down, a supervisor that starts it again, and what became of the
// step.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/postgres.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>
#include <fstream>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

// The goal is a second; a machine that is busy with other tests may take longer.
constexpr double slowness = 5.0;

constexpr auto crash_template = R"(name: crash
namespace_name: crashing
version: 1.0.0
steps:
  - name: only
    handler: {callable: "crashing::CrashHandler"}
    retry: {max_attempts: 5, backoff: none}
)";

constexpr auto bystander_template = R"(name: bystander
namespace_name: crashing
version: 1.0.0
steps:
  - name: only
    handler: {callable: "slow::SleepHandler"}
    retry: {max_attempts: 5, backoff: none}
)";

/// A supervised host with an embedded server, and workflows that crash it.
class Crashes : public ::testing::Test {
protected:
    Crashes() {
        std::filesystem::create_directory(directory_.path() + "/templates");
        std::ofstream(directory_.path() + "/templates/crash.yaml") << crash_template;
        std::ofstream(directory_.path() + "/templates/bystander.yaml") << bystander_template;
    }

    void start(std::vector<std::string> more = {}) {
        more.insert(more.end(), {"--plugin-state", directory_.path() + "/state"});
        host_ = start_host(
            {.data_directory = data_directory_,
             .plugins = TENON_BINARY_DIR "/tests/support/plugins",
             .templates = directory_.path() + "/templates",
             .more = std::move(more),
             .supervised = true}
        );
        postmaster_ = postmaster_of(data_directory_);
        ASSERT_GT(postmaster_, 0);
        sql_ = std::make_unique<SqlSession>(embedded_conninfo(data_directory_));
    }

    std::string submit(const std::string& name, const std::string& context) const {
        return sql_->value("SELECT tenon.submit('crashing', $1, $2::json)", {name, context});
    }

    std::string submit_crash(const std::string& how, int times) const {
        return submit("crash", fmt::format(R"({{"how": "{}", "times": {}}})", how, times));
    }

    bool ends(const std::string& task, const std::string& state) const {
        return eventually([&] { return task_state(*sql_, task) == state; });
    }

    /// The process of the host below its supervisor.
    pid_t host_process() const {
        std::ifstream children(
            fmt::format("/proc/{0}/task/{0}/children", static_cast<int>(host_->pid()))
        );
        for (pid_t child = 0; children >> child;) {
            std::ifstream command(fmt::format("/proc/{}/cmdline", static_cast<int>(child)));
            const std::string words{std::istreambuf_iterator<char>(command), {}};
            if (words.find("--supervised=") != std::string::npos) {
                return child;
            }
        }
        return 0;
    }

    int restarts() const { return static_cast<int>(count_of(host_->log(), "starting it again")); }

    static std::ptrdiff_t count_of(const std::string& text, std::string_view what) {
        std::ptrdiff_t count = 0;
        for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
            ++count;
        }
        return count;
    }

    /// From the claim of the attempt that crashed to the result of the next.
    double milliseconds_lost(const std::string& task) const {
        return std::stod(sql_->value(
            "SELECT extract(epoch FROM max(at) - min(at)) * 1000 FROM "
            "tenon.workflow_step_transitions WHERE task_uuid = $1 AND to_state IN ('in_progress', "
            "'complete')",
            {task}
        ));
    }

    TemporaryDirectory directory_;
    std::string data_directory_ = directory_.path() + "/data";
    std::unique_ptr<HostProcess> host_;
    pid_t postmaster_ = 0;
    std::unique_ptr<SqlSession> sql_;
};

/// A way in which the handler of the guest can end its process.
struct Way {
    std::string name;
    std::string told;     ///< What the supervisor says of it.
    bool named = true;    ///< Whether it knows the step.
    bool demoted = true;  ///< Whether it knows the build.
};

class CrashesInEveryWay : public Crashes, public ::testing::WithParamInterface<Way> {};

TEST_P(CrashesInEveryWay, CostOneAttemptAndNothingElse) {
    start();
    const auto other = submit(
        "bystander", fmt::format(R"({{"ms": 300, "journal": "{}/journal"}})", directory_.path())
    );
    const auto task = submit_crash(GetParam().name, 1);
    ASSERT_TRUE(ends(task, "complete")) << host_->log();
    EXPECT_TRUE(ends(other, "complete")) << host_->log();
    EXPECT_EQ(step_results(*sql_, task).at("only"), "2");
    EXPECT_EQ(postmaster_of(data_directory_), postmaster_) << "the server did not outlive the host";
    EXPECT_EQ(restarts(), 1);
    EXPECT_THAT(host_->log(), HasSubstr(GetParam().told));
    const auto lost = milliseconds_lost(task);
    std::cout << GetParam().name << ": done " << lost
              << " ms after the attempt that crashed began\n";
    EXPECT_LT(lost, 1000.0 * slowness);

    const auto list = run_tenon({"plugin", "list", "--url", host_->url()});
    EXPECT_EQ(
        list.out.find("demoted: com.tenon.testing.crashing") != std::string::npos,
        GetParam().demoted
    ) << list.out
      << list.err << host_->log();
    EXPECT_EQ(
        sql_->value("SELECT count(*) FROM tenon.step_crashes WHERE task_uuid = $1", {task}),
        GetParam().named ? "1" : "0"
    );
    EXPECT_THAT(audit_violations(*sql_), IsEmpty());
    sql_.reset();
    EXPECT_EQ(host_->stop(), 0) << host_->log();
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path() + "/state/crashes"));
}

INSTANTIATE_TEST_SUITE_P(
    Ways,
    CrashesInEveryWay,
    ::testing::Values(
        Way{"segv", "died of SIGSEGV at address 0x0, in a call of com.tenon.testing.crashing 1.0.0"
        },
        Way{"stack_overflow", "died of SIGSEGV at address 0x"},
        Way{"abort", "died of SIGABRT, in a call of com.tenon.testing.crashing"},
        Way{"double_free", "died of SIGABRT, in a call of com.tenon.testing.crashing"},
        Way{"divide", "died of SIGFPE, in a call of com.tenon.testing.crashing"},
        Way{"illegal", "died of SIGILL at address 0x"},
        Way{"bus", "died of SIGBUS, in a call of com.tenon.testing.crashing"},
        Way{"trap", "died of SIGTRAP, in a call of com.tenon.testing.crashing"},
        Way{"sys", "died of SIGSYS, in a call of com.tenon.testing.crashing"},
        Way{"exit", "exit(0) was called, in a call of com.tenon.testing.crashing"},
        Way{"quick_exit", "exit(-1) was called, in a call of com.tenon.testing.crashing"},
        Way{"crash_in_a_thread", "on a thread of com.tenon.testing.crashing", false},
        Way{"terminate_in_a_thread", "died of SIGABRT, on a thread below com.tenon.testing", false},
        Way{"underscore_exit", "the host ended with exit code 0 without a word", false, false},
        Way{"kill", "the host died of SIGKILL without a word", false, false}
    ),
    [](const auto& info) { return info.param.name; }
);

// What crashed once may crash again: then it is nobody's work any more, until somebody says so.
TEST_F(Crashes, OfTheSameStepAgainMakeItADeadLetter) {
    start({"--isolation", "in_process"});
    const auto task = submit_crash("segv", 2);
    ASSERT_TRUE(ends(task, "blocked_by_failures")) << host_->log();
    EXPECT_EQ(sql_->value("SELECT dlq_reason FROM tenon.tasks_dlq"), "poison_step");
    EXPECT_EQ(
        sql_->value("SELECT failure ->> 'error_code' FROM tenon.workflow_steps"), "POISON_STEP"
    );
    EXPECT_THAT(
        sql_->value("SELECT failure ->> 'message' FROM tenon.workflow_steps"),
        HasSubstr("it crashed 2 times and is not tried again; the last time: ")
    );
    EXPECT_EQ(sql_->value("SELECT attempts FROM tenon.workflow_steps"), "2");
    EXPECT_EQ(postmaster_of(data_directory_), postmaster_);

    // Both attempts are forgotten: the first may crash, and the second.
    // Not over HTTP, for its host may crash before it answers.
    EXPECT_EQ(sql_->value("SELECT tenon.redrive_task($1, 'test', NULL)", {task}), "1");
    EXPECT_TRUE(eventually([&] {
        return sql_->value("SELECT count(*) FROM tenon.tasks_dlq") == "2";
    })) << host_->log();
    EXPECT_EQ(sql_->value("SELECT attempts FROM tenon.workflow_steps"), "2");
    EXPECT_THAT(audit_violations(*sql_), IsEmpty());
}

TEST_F(Crashes, AreToleratedAsOftenAsTheOperatorSays) {
    start({"--poison-after", "3"});
    const auto task = submit_crash("abort", 2);
    ASSERT_TRUE(ends(task, "complete")) << host_->log();
    EXPECT_EQ(step_results(*sql_, task).at("only"), "3");
    EXPECT_EQ(sql_->value("SELECT count(*) FROM tenon.step_crashes"), "2");
}

TEST_F(Crashes, EndInAPromotionWhenTheOperatorSaysSo) {
    start();
    ASSERT_TRUE(ends(submit_crash("segv", 1), "complete")) << host_->log();
    const auto sha256 = sql_->value("SELECT sha256 FROM tenon.step_crashes");
    const auto promoted = run_tenon({"plugin", "promote", sha256, "--url", host_->url()});
    EXPECT_EQ(promoted.exit_code, 0) << promoted.err;
    EXPECT_THAT(promoted.out, HasSubstr(sha256));
    const auto again = run_tenon({"plugin", "promote", sha256, "--url", host_->url()});
    EXPECT_EQ(again.exit_code, 4);
    EXPECT_THAT(again.complaint(), HasSubstr(sha256 + " is not demoted"));
    EXPECT_THAT(
        run_tenon({"plugin", "list", "--url", host_->url()}).out, Not(HasSubstr("demoted"))
    );
}

TEST_F(Crashes, OfTheSupervisorTakeTheHostAndTheServerWithIt) {
    start();
    const auto process = host_process();
    ASSERT_GT(process, 0);
    host_->kill_hard();
    EXPECT_TRUE(eventually([&] { return ::kill(process, 0) != 0; }, 5s)) << "the host lives on";
    EXPECT_TRUE(eventually([&] { return postmaster_of(data_directory_) == 0; }, 10s));
    sql_.reset();

    start();
    EXPECT_TRUE(ends(submit_crash("segv", 0), "complete"));
    EXPECT_EQ(restarts(), 0);
}

TEST_F(Crashes, OfTheHostByHandAreSurvivedToo) {
    start();
    const auto process = host_process();
    ASSERT_GT(process, 0);
    ASSERT_EQ(::kill(process, SIGKILL), 0);
    EXPECT_TRUE(eventually([&] { return count_of(host_->log(), " ready\n") == 2; }));
    EXPECT_NE(host_process(), process);
    EXPECT_EQ(postmaster_of(data_directory_), postmaster_);
    EXPECT_EQ(host_->stop(SIGINT), 0) << host_->log();
    EXPECT_EQ(postmaster_of(data_directory_), 0);
}

TEST_F(Crashes, InARowEndTheSupervisorWithASentence) {
    start({"--restarts", "2", "--poison-after", "1000"});
    submit_crash("kill", 1000);
    EXPECT_TRUE(eventually([&] { return !host_->running(); })) << host_->log();
    EXPECT_EQ(host_->exit_code(), 7);
    EXPECT_EQ(restarts(), 2);
    EXPECT_THAT(
        host_->log(),
        HasSubstr("it is the 3. crash in a row, none of the hosts lived for 30000 ms: giving up")
    );
    EXPECT_EQ(postmaster_of(data_directory_), 0) << "the server was left running";
}

TEST_F(Crashes, WhileItStopsAreNotFollowedByAStart) {
    start({"--stop-ms", "60000"});
    const auto process = host_process();
    submit(
        "bystander", fmt::format(R"({{"ms": 60000, "journal": "{}/journal"}})", directory_.path())
    );
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(directory_.path() + "/journal"); })
    );
    host_->send(SIGTERM);
    EXPECT_TRUE(eventually([&] { return host_->logged("stopping on SIGTERM"); }));
    ASSERT_EQ(::kill(process, SIGSEGV), 0);
    EXPECT_TRUE(eventually([&] { return !host_->running(); }));
    EXPECT_EQ(host_->exit_code(), 128 + SIGSEGV);
    EXPECT_THAT(
        host_->log(), HasSubstr(fmt::format("died of SIGSEGV from process {}", ::getpid()))
    );
}

class Supervision : public Crashes {};

TEST_F(Supervision, PassesEverySignalOn) {
    start({"--stop-ms", "60000"});
    host_->send(SIGHUP);
    EXPECT_TRUE(eventually([&] { return host_->running() && host_process() > 0; }));
    submit(
        "bystander", fmt::format(R"({{"ms": 60000, "journal": "{}/journal"}})", directory_.path())
    );
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(directory_.path() + "/journal"); })
    );
    host_->send(SIGTERM);
    EXPECT_TRUE(eventually([&] { return host_->logged("stopping on SIGTERM"); }));
    host_->send(SIGTERM);
    EXPECT_TRUE(eventually([&] { return host_->logged("hastened by SIGTERM"); }));
    host_->send(SIGINT);
    EXPECT_TRUE(eventually([&] { return !host_->running(); }));
    EXPECT_EQ(host_->exit_code(), 130) << host_->log();
    EXPECT_EQ(postmaster_of(data_directory_), 0);
}

}  // namespace
}  // namespace tenon::testing
