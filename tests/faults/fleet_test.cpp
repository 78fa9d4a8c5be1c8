// What nobody disturbs: several hosts and thousands of tasks, each step begun once.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fmt/format.h>
#include <iostream>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr int hosts = 3;
constexpr int tasks = 6000;
constexpr int shapes = 6;
constexpr int bursts = 20;

/// A parameter is the profile.
class Fleet : public DatabaseTest, public ::testing::WithParamInterface<std::string> {
protected:
    Fleet() {
        namespace fs = std::filesystem;
        const std::pair<std::string, const char*> folders[]{
            {HostProcess::example_plugins(), ".so"},
            {SlowWorkflows::plugins(), ".so"},
            {HostProcess::example_templates(), ".yaml"},
            {slow_.templates(), ".yaml"},
        };
        for (const auto& [folder, extension] : folders) {
            for (const auto& entry : fs::directory_iterator(folder)) {
                if (entry.path().extension() == extension) {
                    fs::copy_file(entry.path(), fs::path(folder_.path()) / entry.path().filename());
                }
            }
        }
    }

    std::unique_ptr<HostProcess> host(int number) {
        return start_host(
            {.database_url = conninfo(),
             .plugins = folder_.path(),
             .templates = folder_.path(),
             .more = {"--profile", GetParam(), "--name", fmt::format("host {}", number)}}
        );
    }

    void submit_everything() {
        constexpr int count = tasks / shapes / bursts;
        for (int burst = 0; burst < bursts; ++burst) {
            submit_burst(sql(), count);
            sql().rows(
                "SELECT tenon.submit_batch('noop', 'chain', "
                "array_fill('{}'::json, ARRAY[$1::integer]))",
                {std::to_string(count)}
            );
            slow_.submit(sql(), "chain", count, 0ms);
            slow_.submit(sql(), "fan", count, 0ms);
        }
    }

    int number(const std::string& statement) { return std::stoi(sql().value(statement)); }

    const SlowWorkflows slow_;
    TemporaryDirectory folder_;
};

TEST_P(Fleet, BeginsEachStepOnceAndNeverDeadlocks) {
    std::vector<std::unique_ptr<HostProcess>> fleet;
    for (int i = 1; i <= hosts; ++i) {
        fleet.push_back(host(i));
    }
    submit_everything();
    ASSERT_TRUE(eventually([&] { return open_tasks(sql()) == 0; }, 120s)) << fleet[0]->log();
    for (const auto& one : fleet) {
        EXPECT_EQ(one->stop(), 0) << one->log();
    }

    EXPECT_EQ(number("SELECT count(*) FROM tenon.tasks"), tasks);
    const auto steps = number("SELECT count(*) FROM tenon.workflow_steps");
    EXPECT_EQ(number("SELECT sum(attempts) FROM tenon.workflow_steps"), steps);
    const auto journaled = number(
        "SELECT count(*) FROM tenon.workflow_steps AS s JOIN tenon.tasks AS t USING (task_uuid) "
        "JOIN tenon.task_templates AS tt USING (template_id) WHERE tt.namespace = 'slow'"
    );
    EXPECT_EQ(journaled, tasks / shapes * (4 + SlowWorkflows::leaves + 2));
    EXPECT_EQ(slow_.start_count(), journaled) << "handlers began more often than there are steps";
    EXPECT_EQ(slow_.starts().size(), static_cast<std::size_t>(journaled));
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
    const auto busy = number(
        "SELECT count(DISTINCT host_id) FROM tenon.workflow_step_transitions "
        "WHERE to_state = 'in_progress'"
    );
    EXPECT_EQ(busy, hosts) << "not every host had a part in it";
    EXPECT_EQ(
        number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), 0
    );
    std::cout << fmt::format(
                     "{}: {} tasks, {} steps, {} starts counted by handlers, 0 deadlocks\n",
                     GetParam(),
                     tasks,
                     steps,
                     journaled
                 )
              << std::flush;
}

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    Fleet,
    ::testing::Values("direct", "queued"),
    [](const auto& profile) { return profile.param; }
);

}  // namespace
}  // namespace tenon::testing
