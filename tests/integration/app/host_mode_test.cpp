// A whole host inside the test process, whose deployment mode changes while it runs.

#include "app/bootstrap.hpp"
#include "support/audit.hpp"
#include "support/child_program.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <future>
#include <iostream>
#include <random>
#include <thread>
#include <utility>

namespace tenon::app {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using ::testing::IsEmpty;

class HostMode : public testing::DatabaseTest {
protected:
    static void SetUpTestSuite() { block_host_signals(); }

    void start(DeploymentMode mode, Host::Hooks hooks = {}) {
        HostOptions options;
        options.database_url = conninfo();
        options.listen = ListenAddress{.host = "127.0.0.1", .port = 0};
        options.plugins = testing::HostProcess::example_plugins();
        options.templates = testing::HostProcess::example_templates();
        options.mode = mode;
        host = std::make_unique<Host>(options, std::move(hooks));
        host->start();
    }

    bool listeners(const std::string& count) {
        return eventually([&] {
            return sql().value(
                       "SELECT count(*) FROM pg_stat_activity "
                       "WHERE datname = current_database() "
                       "  AND application_name = 'tenon listener'"
                   ) == count;
        });
    }

    bool runs_a_task(bool ring) {
        const auto task = sql().value(
            "SELECT tenon.submit('linear_workflow', 'mathematical_sequence', $1::json, "
            "ring => $2::boolean)",
            {testing::example_input, ring ? "true" : "false"}
        );
        return eventually([&] { return testing::task_state(sql(), task) == "complete"; }, 10s);
    }

    std::unique_ptr<Host> host;
};

TEST_F(HostMode, PollingOnlyHasNoListenerAndFindsWorkAllTheSame) {
    start(DeploymentMode::polling_only);
    EXPECT_TRUE(runs_a_task(false));
    EXPECT_TRUE(listeners("0"));
    EXPECT_EQ(host->mode(), DeploymentMode::polling_only);
}

TEST_F(HostMode, ChangesWhileTheHostRuns) {
    start(DeploymentMode::hybrid);
    EXPECT_TRUE(listeners("1"));

    host->set_mode(DeploymentMode::polling_only);
    EXPECT_TRUE(listeners("0"));
    EXPECT_TRUE(runs_a_task(false));

    // Within ten seconds, although it looks by itself only every thirty.
    host->set_mode(DeploymentMode::event_driven_only);
    EXPECT_TRUE(listeners("1"));
    EXPECT_TRUE(runs_a_task(true));
    EXPECT_EQ(host->mode(), DeploymentMode::event_driven_only);

    host->set_mode(DeploymentMode::hybrid);
    EXPECT_TRUE(runs_a_task(false));
}

TEST_F(HostMode, MayBeSetTwice) {
    start(DeploymentMode::hybrid);
    host->set_mode(DeploymentMode::hybrid);
    EXPECT_TRUE(listeners("1"));
    host->set_mode(DeploymentMode::polling_only);
    host->set_mode(DeploymentMode::polling_only);
    EXPECT_TRUE(listeners("0"));
}

// Whatever the mode is at the moment of a bell, nothing is lost and nothing begins twice.
TEST_F(HostMode, ChangesAHundredTimesUnderLoad) {
    constexpr int changes = 100;
    constexpr int burst = 10;
    std::atomic<int> begun = 0;
    start(
        DeploymentMode::hybrid,
        {.handler_started = [&](const auto&) { ++begun; }, .settled = nullptr, .finished = nullptr}
    );

    std::atomic<bool> enough = false;
    auto bursts = std::async(std::launch::async, [&] {
        testing::SqlSession session(conninfo());
        int count = 0;
        for (; !enough; ++count) {
            testing::submit_burst(session, burst);
            std::this_thread::sleep_for(5ms);
        }
        return count;
    });
    constexpr std::array modes{
        DeploymentMode::polling_only, DeploymentMode::event_driven_only, DeploymentMode::hybrid
    };
    std::mt19937 random(20251);
    std::uniform_int_distribution<std::size_t> other(1, modes.size() - 1);
    std::size_t mode = 0;
    for (int i = 0; i < changes; ++i) {
        mode = (mode + other(random)) % modes.size();
        host->set_mode(modes.at(mode));
        std::this_thread::sleep_for(10ms);
    }
    enough = true;
    const int submitted =
        bursts.get() * burst * static_cast<int>(testing::example_workflows().size());
    host->set_mode(DeploymentMode::hybrid);

    ASSERT_TRUE(eventually([&] { return testing::open_tasks(sql()) == 0; }, 60s));
    const auto number = [&](const std::string& what) { return std::stoi(sql().value(what)); };
    EXPECT_EQ(number("SELECT count(*) FROM tenon.all_tasks WHERE state = 'complete'"), submitted);
    const int steps = number("SELECT count(*) FROM tenon.all_steps");
    EXPECT_EQ(begun, steps) << "handlers began more or less often than there are steps";
    EXPECT_EQ(number("SELECT sum(attempts) FROM tenon.all_steps"), steps);
    EXPECT_THAT(testing::wrong_results(sql()), IsEmpty());
    EXPECT_THAT(testing::audit_violations(sql()), IsEmpty());
    std::cout << changes << " changes of mode beside " << steps << " steps\n";
}

}  // namespace
}  // namespace tenon::app
