// Handlers in runners: the same values as in the host.

#include "plugin_host/scout/process_traces.hpp"
#include "plugins/runner/captive_plugin.hpp"

#include <atomic>
#include <set>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using RunnerCalls = CaptivePlugin;

TEST_F(RunnerCalls, RunInAnotherProcessAndLeaveThePluginOutOfThisOne) {
    start();
    const auto mine = std::to_string(::getpid());

    const auto said = answer("process");

    EXPECT_THAT(said, ::testing::EndsWith(" " + mine));
    EXPECT_EQ(said, std::to_string(runners().pids.front()) + " " + mine);
    EXPECT_FALSE(is_loaded(handler("echo")->generation().snapshot().copy()));
}

TEST_F(RunnerCalls, KnowWhatThePluginDeclares) {
    start();
    const auto info = registry_->plugins().at(0);

    EXPECT_EQ(info.id, "guest.captive");
    EXPECT_EQ(info.version, "1.0.0");
    EXPECT_EQ(info.sdk, "c");
    EXPECT_EQ(info.isolation, Isolation::process);
    EXPECT_THAT(info.callables, ::testing::Contains("captive::echo"));
    EXPECT_THAT(handler("echo")->methods(), ElementsAre("call", "other"));
    EXPECT_EQ(handler("echo")->max_concurrency(), 5U);
    EXPECT_FALSE(registry_->resolve("captive::echo", "third"));
}

TEST_F(RunnerCalls, ReachBareFunctions) {
    start();
    const auto bare = registry_->resolve("captive#tenon_step_bare");
    ASSERT_TRUE(bare) << bare.error().detail;

    EXPECT_EQ(std::get<std::string>((*bare)->invoke({})), R"("bare")");
}

TEST_F(RunnerCalls, HandOverEveryFieldOfAStep) {
    start();
    const std::vector<DependencyView> dependencies{{"before", "[1]"}, {"other", "{}"}};
    FakeServices services;

    const auto said = answer(
        "describe",
        {.method = "other",
         .task_uuid = "task",
         .step_uuid = "step",
         .step_name = "name",
         .namespace_name = "space",
         .correlation_id = "correlation",
         .attempt = 2,
         .max_attempts = 7,
         .context_json = "{}",
         .initialization_json = "{1}",
         .checkpoint_json = "{2}",
         .dependencies = dependencies,
         .deadline_mono_ns = -5,
         .services = &services}
    );

    EXPECT_EQ(
        said, "captive::describe|other|task|step|name|space|correlation|2/7|{1}|{2}|2|before=[1]|-5"
    );
}

TEST_F(RunnerCalls, KeepJsonAsItWasWritten) {
    start();
    const std::string odd = R"( { "b":1.50,"a":123456789012345678901234567890,"a" : "\u00e9" } )";

    EXPECT_EQ(std::get<std::string>(invoke("echo", about(odd))), odd);
}

TEST_F(RunnerCalls, CarryAsMuchAsACallMayHold) {
    start();
    const std::string large = '"' + std::string((std::size_t{8} << 20U) - 2, 'y') + '"';

    EXPECT_EQ(std::get<std::string>(invoke("echo", about(large))), large);
    EXPECT_EQ(std::get<std::string>(invoke("huge")).size(), std::size_t{8} << 20U);
    const auto more = failure(invoke("echo", about(large + " ")));
    EXPECT_EQ(more.error_code, "invalid_result");
    EXPECT_EQ(answer("process"), answer("process"));
}

TEST_F(RunnerCalls, HaveTheServicesOfTheirHost) {
    start();
    FakeServices services;
    services.ancestors["far"] = "[42]";

    const auto said = answer("services", with(services));

    EXPECT_EQ(
        said,
        "0 0 " + std::to_string(TENON_E_INVALID) + " 0 " + std::to_string(TENON_E_NOT_FOUND) +
            " 0 " + std::to_string(TENON_E_INTERNAL) + " [42]"
    );
    EXPECT_THAT(services.beats, ElementsAre("0.250000|a quarter"));
    EXPECT_EQ(services.checkpoint, R"({"at":[1,2]})");
    EXPECT_THAT(services.events, ElementsAre(R"({"n":1})"));
    EXPECT_THAT(services.lines, ::testing::Contains(R"(2|hello|{"n":1})"));
}

TEST_F(RunnerCalls, YieldAtACheckpoint) {
    start();
    FakeServices services;

    EXPECT_TRUE(std::holds_alternative<Yielded>(invoke("yield", with(services))));
    EXPECT_EQ(services.checkpoint, R"({"row":5})");
}

TEST_F(RunnerCalls, CompleteFromAnotherThread) {
    start();

    EXPECT_EQ(answer("pending"), "later");
}

TEST_F(RunnerCalls, HaveARunnerForEachThatRunsAtTheSameTime) {
    start();
    std::mutex mutex;
    std::set<std::string> processes;
    std::vector<std::thread> callers;
    for (int i = 0; i < 6; ++i) {
        callers.emplace_back([&] {
            const auto said = answer("nap");
            const std::lock_guard lock(mutex);
            processes.insert(said);
        });
    }
    for (auto& caller : callers) {
        caller.join();
    }

    EXPECT_EQ(processes.size(), 6U);
    EXPECT_LE(runners().started, 8U);
    EXPECT_EQ(runners().crashed, 0U);
}

TEST_F(RunnerCalls, EndRunnersThatAreNotNeededAnyMore) {
    auto with = options();
    with.runners.idle_limit = std::chrono::milliseconds(50);
    start(std::move(with));
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] { answer("nap"); });
    }
    for (auto& caller : callers) {
        caller.join();
    }
    EXPECT_GE(runners().pids.size(), 4U);

    EXPECT_TRUE(eventually([&] { return runners().pids.size() == 1; }));
    EXPECT_TRUE(serves());
}

TEST_F(RunnerCalls, ReplaceARunnerThatHoldsTooMuchMemory) {
    auto with = options();
    with.runners.recycle_bytes = std::uint64_t{96} << 20U;
    start(std::move(with));
    std::set<std::string> processes;
    for (int i = 0; i < 64; ++i) {
        processes.insert(answer("leak"));
    }

    EXPECT_GE(processes.size(), 2U);
    EXPECT_EQ(runners().crashed, 0U);
}

TEST_F(RunnerCalls, WindTheBuildDownAtTheEnd) {
    const auto mark = files_.path() / "mark";
    ::setenv("CAPTIVE_MARK", mark.c_str(), 1);
    start();
    ::unsetenv("CAPTIVE_MARK");
    const auto pids = runners().pids;
    answer("process");

    registry_.reset();

    EXPECT_THAT(tenon::testing::read_file(mark), HasSubstr("deinit"));
    for (const auto pid : pids) {
        EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(pid)));
    }
}

}  // namespace
}  // namespace tenon::plugin_host
