// Builds in runners that are replaced, rolled back and put into quarantine.

#include "plugin_host/runner/runner_roster.hpp"
#include "plugins/reload/rolling_plugins.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

namespace tenon::plugin_host {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class RunnerReload : public RollingPlugins {
protected:
    PluginLifecycle::Options isolated() const {
        auto made = options();
        made.registry.isolation.usual = Isolation::process;
        made.registry.runners.program = TENON_BINARY_DIR "/tenon-plugin-runner";
        return made;
    }

    static std::vector<pid_t> runners_of(const std::shared_ptr<const Handler>& handler) {
        return handler->generation().runners()->status().pids;
    }

    static bool are_gone(const std::vector<pid_t>& pids) {
        return std::ranges::none_of(pids, [](pid_t pid) {
            return std::filesystem::exists("/proc/" + std::to_string(pid));
        });
    }
};

TEST_F(RunnerReload, SwitchesToNewRunnersAndEndsTheOldOnes) {
    replace(bytes("a1"));
    start(isolated());
    EXPECT_EQ(answer(), "1.0.0");
    auto old = handler();
    const auto pids = runners_of(old);
    EXPECT_FALSE(pids.empty());

    replace(bytes("a2"));
    ASSERT_TRUE(answers("2.0.0"));
    // Who still holds the old build calls it as ever.
    EXPECT_EQ(call(old), "1.0.0");
    old.reset();

    EXPECT_TRUE(eventually([&] { return state_of(1) == PluginState::retired_closed; }));
    EXPECT_TRUE(are_gone(pids));
    const auto active = *lifecycle().status("guest.rolling.a")->active();
    EXPECT_EQ(active.info.isolation, Isolation::process);
    EXPECT_GE(active.runners.pids.size(), 1U);
}

TEST_F(RunnerReload, LosesNoCallUnderLoad) {
    replace(bytes("a1"));
    start(isolated());
    std::atomic<bool> done{false};
    std::atomic<int> calls{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 2; ++i) {
        callers.emplace_back([&] {
            while (!done) {
                wrong += answer().find(".0.0") == std::string::npos ? 1 : 0;
                ++calls;
            }
        });
    }
    for (int i = 0; i < 12; ++i) {
        const auto number = std::to_string(i % 5 + 1);
        replace(i % 4 == 3 ? std::string("broken") : bytes("a" + number));
        if (i % 4 != 3) {
            EXPECT_TRUE(answers(number + ".0.0"));
        }
    }
    done = true;
    for (auto& caller : callers) {
        caller.join();
    }

    EXPECT_EQ(wrong, 0);
    EXPECT_GT(calls, 100);
}

TEST_F(RunnerReload, GoesBackWhenAFreshBuildCrashesInItsCalls) {
    replace(bytes("a1"));
    start(isolated());
    EXPECT_EQ(answer(), "1.0.0");
    replace(bytes("a_falls"));
    ASSERT_TRUE(answers("plugin_crashed"));

    EXPECT_TRUE(eventually([&] { return answer() == "1.0.0"; }));
    const auto quarantine = lifecycle().status().quarantine;
    ASSERT_EQ(quarantine.size(), 1U);
    EXPECT_THAT(quarantine.front().reason, HasSubstr("calls failed by its own fault"));
    EXPECT_TRUE(answers("1.0.0"));
}

TEST_F(RunnerReload, RefusesABuildThatCrashesWhenItIsLoaded) {
    replace(bytes("a1"));
    auto untried = isolated();
    untried.trial = nullptr;
    start(std::move(untried));
    replace(bytes("a_crash"));

    EXPECT_TRUE(eventually([this] { return file_status().state == PluginState::rejected; }));
    EXPECT_THAT(file_status().reason, HasSubstr("ended its runner while it started: SIGSEGV"));
    EXPECT_EQ(answer(), "1.0.0");
}

TEST_F(RunnerReload, PinsNothing) {
    auto few = isolated();
    few.most_pinned = 1;
    replace(bytes("stays1"));
    start(std::move(few));
    for (const int number : {2, 3, 4}) {
        replace(bytes("stays" + std::to_string(number)));
        ASSERT_TRUE(answers(std::to_string(number) + ".0.0"));
        const auto old = static_cast<std::uint64_t>(number - 1);
        EXPECT_TRUE(eventually([&] { return state_of(old) == PluginState::retired_closed; }));
    }
    EXPECT_EQ(lifecycle().status("guest.rolling.a")->pinned, 0U);
}

TEST_F(RunnerReload, KeepsEachPluginToItsOwnIsolation) {
    replace(bytes("a1"), 'a');
    replace(bytes("b1"), 'b');
    auto mixed = isolated();
    mixed.registry.isolation.by_plugin = {{"guest.rolling.b", Isolation::in_process}};
    start(std::move(mixed));

    EXPECT_EQ(handler('a')->generation().info().isolation, Isolation::process);
    EXPECT_EQ(handler('b')->generation().info().isolation, Isolation::in_process);
    EXPECT_EQ(answer('a') + answer('b'), "1.0.01.0.0");
}

TEST_F(RunnerReload, TakesADemotedBuildOutOfTheHost) {
    replace(bytes("a1"));
    auto demoting = isolated();
    demoting.registry.isolation.usual = Isolation::in_process;
    demoting.registry.isolation.demotion = [](const std::string& /*sha256*/) {
        return Isolation::process;
    };
    start(std::move(demoting));

    EXPECT_EQ(handler()->generation().info().isolation, Isolation::process);
    EXPECT_EQ(answer(), "1.0.0");
}

}  // namespace
}  // namespace tenon::plugin_host
