// A whole host inside the test process, whose deployment mode changes while it runs.

#include "app/bootstrap.hpp"
#include "support/child_program.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

namespace tenon::app {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

class HostMode : public testing::DatabaseTest {
protected:
    static void SetUpTestSuite() { block_host_signals(); }

    void start(DeploymentMode mode) {
        HostOptions options;
        options.database_url = conninfo();
        options.listen = ListenAddress{.host = "127.0.0.1", .port = 0};
        options.plugins = testing::HostProcess::example_plugins();
        options.templates = testing::HostProcess::example_templates();
        options.mode = mode;
        host = std::make_unique<Host>(options);
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

}  // namespace
}  // namespace tenon::app
