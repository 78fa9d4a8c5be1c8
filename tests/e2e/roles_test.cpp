// Orchestration and workers as processes of their own, on one database and nothing else.

#include "support/api_contract.hpp"
#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tenon::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class Roles : public DatabaseTest {
protected:
    std::unique_ptr<HostProcess> orchestration(const std::string& templates) {
        return start_host(
            {.database_url = conninfo(),
             .role = "orchestration",
             .plugins = {},
             .templates = templates}
        );
    }

    std::unique_ptr<HostProcess> worker(
        const std::string& plugins = HostProcess::example_plugins(),
        std::vector<std::string> more = {}
    ) {
        return start_host(
            {.database_url = conninfo(),
             .role = "worker",
             .plugins = plugins,
             .more = std::move(more)}
        );
    }

    bool all_complete() {
        return eventually([&] { return open_tasks(sql()) == 0; });
    }
};

TEST_F(Roles, InTwoProcessesCompleteATaskTogether) {
    const auto brain = orchestration(HostProcess::example_templates());
    const auto hands = worker();
    ApiClient client({.url = brain->url()});
    const auto reply = client.post(
        "/v1/tasks",
        R"({"namespace":"tree_workflow","name":"hierarchical_tree","context":{"even_number":6}})"
    );
    ASSERT_EQ(reply.status, 201U) << reply.body;
    EXPECT_TRUE(all_complete());
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
    EXPECT_EQ(
        sql().value("SELECT string_agg(DISTINCT host_id::text, ',') FROM tenon.workflow_steps"),
        hands->host_id()
    );
    ApiClient worker_client({.url = hands->url()});
    EXPECT_EQ(worker_client.get("/health/ready").status, 200U);
    EXPECT_EQ(worker_client.post("/v1/tasks", "{}").status, 404U)
        << "a worker alone takes no tasks";
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

// In the direct profile: otherwise somebody has to look at what it did.
TEST_F(Roles, AWorkerWorksOnWithoutOrchestration) {
    auto brain = orchestration(HostProcess::example_templates());
    const auto hands = worker(HostProcess::example_plugins(), {"--profile", "direct"});
    EXPECT_EQ(brain->stop(), 0) << brain->log();
    submit_burst(sql(), 20);
    EXPECT_TRUE(all_complete());
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
}

TEST_F(Roles, TasksWaitForAWorker) {
    const auto brain = orchestration(HostProcess::example_templates());
    const auto task = submit_task(sql(), example_workflows().front());
    ApiClient client({.url = brain->url()});
    const auto waiting = nlohmann::json::parse(client.get("/v1/tasks/" + task).body);
    EXPECT_EQ(waiting.at("status"), "steps_in_process");
    EXPECT_EQ(waiting.at("steps").at(0).at("state"), "enqueued");

    const auto hands = worker();
    EXPECT_TRUE(all_complete());
}

TEST_F(Roles, TwoWorkersShareAFanOut) {
    const SlowWorkflows slow;
    const auto brain = orchestration(slow.templates());
    const auto one = worker(SlowWorkflows::plugins(), {"--slots", "4"});
    const auto other = worker(SlowWorkflows::plugins(), {"--slots", "4"});
    slow.submit(sql(), "fan", 1, 200ms);
    EXPECT_TRUE(all_complete());

    const auto shares =
        sql().rows("SELECT host_id, count(*) FROM tenon.workflow_steps GROUP BY 1 ORDER BY 1");
    ASSERT_THAT(shares, SizeIs(2)) << "one of the two did everything";
    for (const auto& share : shares) {
        EXPECT_GE(std::stoi(share.at(1).value()), 4) << "of " << SlowWorkflows::leaves << " leaves";
    }
    EXPECT_THAT(slow.starts(), SizeIs(SlowWorkflows::leaves + 2));
    EXPECT_THAT(slow.starts(), Each(Pair(::testing::_, 1)));
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Roles, AWorkerThatWasThereFirstFindsNamespacesLater) {
    const auto hands = worker();
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.task_namespaces"), "0");
    const auto brain = orchestration(HostProcess::example_templates());
    submit_burst(sql(), 1);
    EXPECT_TRUE(all_complete());
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
}

TEST_F(Roles, AWorkerServesOnlyTheNamespacesItWasGiven) {
    const auto brain = orchestration(HostProcess::example_templates());
    const auto hands = worker(HostProcess::example_plugins(), {"--namespaces", "tree_workflow"});
    const auto linear = submit_task(sql(), example_workflows().at(0));
    const auto tree = submit_task(sql(), example_workflows().at(2));
    EXPECT_TRUE(eventually([&] { return task_state(sql(), tree) == "complete"; }));
    EXPECT_EQ(
        sql().value(
            "SELECT sum(attempts) FROM tenon.workflow_steps WHERE task_uuid = $1", {linear}
        ),
        "0"
    );
}

// What it did waits for whoever looks at it next.
TEST_F(Roles, InTheQueuedProfileResultsWaitForOrchestration) {
    auto brain = orchestration(HostProcess::example_templates());
    const auto hands = worker(HostProcess::example_plugins(), {"--profile", "queued"});
    EXPECT_EQ(brain->stop(), 0) << brain->log();
    submit_burst(sql(), 2);
    const auto waiting = [&] {
        return sql().value("SELECT count(*) FROM pgmq.q_orchestration_step_results");
    };
    EXPECT_TRUE(eventually([&] { return waiting() == "6"; })) << waiting();
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.workflow_steps "
                    "WHERE state = 'enqueued_for_orchestration' AND step_no = 1"),
        "6"
    );
    brain = orchestration({});
    EXPECT_TRUE(all_complete());
    EXPECT_EQ(waiting(), "0");
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

// The callable is known to nobody here: the worker says so and leaves the steps to those who can.
TEST_F(Roles, StepsWithoutAHandlerAreLeftToOtherHosts) {
    const auto brain = orchestration(HostProcess::example_templates());
    const auto helpless = worker(SlowWorkflows::plugins());
    const auto task = submit_task(sql(), example_workflows().front());
    EXPECT_TRUE(eventually([&] { return helpless->logged("linear::LinearStep1Handler"); }));
    EXPECT_TRUE(eventually([&] {
        return sql().value("SELECT count(*) FROM pgmq.q_linear_workflow_queue") == "1";
    }));

    const auto able = worker();
    EXPECT_TRUE(all_complete());
    EXPECT_EQ(step_results(sql(), task), example_workflows().front().results);
    EXPECT_EQ(sql().value("SELECT max(attempts) FROM tenon.workflow_steps"), "1");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
