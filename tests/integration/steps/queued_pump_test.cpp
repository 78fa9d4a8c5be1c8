// The pump in the queued profile: results go to the orchestration role, which these tests play
// themselves, and successors come back through the queue.

#include "step_path_fixture.hpp"
#include "worker/services/step_pump.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace tenon {
namespace {

using namespace std::chrono_literals;
using testing::failed;
using testing::given_back;
using testing::ordinary_failure;
using testing::succeeded;
using testing::TestHost;
using worker::StepPump;

constexpr auto process_results =
    "WITH m AS ("
    "    SELECT r.msg_id, (r.message ->> 'task_uuid')::uuid AS task_uuid, "
    "           tenon.step_no_of_step((r.message ->> 'step_uuid')::uuid) AS step_no "
    "    FROM pgmq.read('orchestration_step_results', 30, 1000) AS r) "
    "SELECT count(p.kind) "
    "FROM (SELECT array_agg(m.msg_id) AS ids, array_agg(m.task_uuid) AS tasks, "
    "             array_agg(m.step_no) AS steps, array_agg(NULL::json) AS bodies FROM m) AS a "
    "LEFT JOIN LATERAL tenon.process_step_results($1::integer, a.ids, a.tasks, a.steps, a.bodies) "
    "    AS p ON a.ids IS NOT NULL";

constexpr auto process_finalizations =
    "WITH m AS ("
    "    SELECT r.msg_id, (r.message ->> 'task_uuid')::uuid AS task_uuid "
    "    FROM pgmq.read('orchestration_task_finalizations', 30, 1000) AS r) "
    "SELECT count(p.kind) "
    "FROM (SELECT array_agg(m.msg_id) AS ids, array_agg(m.task_uuid) AS tasks FROM m) AS a "
    "LEFT JOIN LATERAL tenon.process_finalizations($1::integer, a.ids, a.tasks) "
    "    AS p ON a.ids IS NOT NULL";

class QueuedPumpTest : public testing::StepPathTest {
protected:
    database::StepGateway::Options gateway_options() {
        return {.conninfo = conninfo(), .profile = DispatchProfile::queued};
    }

    void start(int lanes) {
        pump.emplace(
            StepPump::Options{
                .gateway = gateway_options(), .host_id = host.id(), .slots = 8, .lanes = lanes
            },
            StepPump::Observers{
                .claimed =
                    [this](const std::vector<ClaimedStep>& steps) {
                        for (const auto& step : steps) {
                            pump->inbox().add(succeeded(step));
                        }
                    },
                .finished = [](const auto&) {},
                .fed = [this](const auto&) { pump->inbox().hint_all(); },
                .retry_scheduled = [](auto) {},
                .queued = [this](auto count) { queued_results += count; },
                .lost = [] {},
                .looked = [] {}
            }
        );
        pump->inbox().set_poll_intervals({.busy = 1h, .idle = 1h});
        pump->start();
        pump->inbox().set_queues({testing::test_queue});
    }

    /// One turn of the orchestration role, and its ring.
    void orchestrate() {
        sql().value(process_results, {brain.number()});
        sql().value(process_finalizations, {brain.number()});
        if (pump) {
            pump->inbox().hint_all();
        }
    }

    bool orchestrate_until(const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!done() && std::chrono::steady_clock::now() < deadline) {
            orchestrate();
        }
        return done();
    }

    std::string results_waiting() {
        return sql().value("SELECT count(*) FROM pgmq.q_orchestration_step_results");
    }

    std::string open_tasks() {
        return sql().value("SELECT count(*) FROM tenon.tasks WHERE state <> 'complete'");
    }

    TestHost host{conninfo()};
    TestHost brain{conninfo()};
    std::optional<StepPump> pump;
    std::atomic<int> queued_results = 0;
};

TEST_F(QueuedPumpTest, AResultWaitsForTheOrchestrationRole) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    start(1);
    EXPECT_TRUE(orchestrate_until([&] {
        return task_state(task) == "complete" && results_waiting() == "0";
    }));
    pump->stop();
    const auto statistics = pump->statistics();
    EXPECT_EQ(statistics.claimed, 2U);
    EXPECT_EQ(statistics.settled, 2U);
    EXPECT_EQ(statistics.refused, 0U);
    EXPECT_EQ(queued_results, 2) << "each result was rung for";
    EXPECT_EQ(step_states(task), "complete complete");
}

TEST_F(QueuedPumpTest, NothingGoesOnWithoutTheOrchestrationRole) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    start(1);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (queued_results == 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(pump->inbox().wait_settled(deadline));
    pump->stop();
    EXPECT_EQ(step_states(task), "enqueued_for_orchestration pending");
    EXPECT_EQ(results_waiting(), "1");
}

TEST_F(QueuedPumpTest, SeveralLanesShareAFanOutAndItsJoin) {
    enroll(testing::fan(30));
    submit_many("fan", 10);
    start(3);
    EXPECT_TRUE(orchestrate_until([&] { return open_tasks() == "0"; }));
    EXPECT_TRUE(pump->inbox().wait_settled(std::chrono::steady_clock::now() + 20s));
    pump->stop();
    EXPECT_EQ(pump->statistics().settled, 10U * 32U);
    EXPECT_EQ(queued_results, 10 * 32);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE attempts <> 1"), "0");
}

TEST_F(QueuedPumpTest, TheGatewayTellsTheThreeFatesOfAnAttempt) {
    enroll(testing::islands(3));
    const auto task = submit("islands");
    database::StepGateway gateway(gateway_options(), host.id());
    const std::array<std::string, 1> queues{testing::test_queue};
    auto claims =
        gateway.advance({.settled = {}, .queues = queues, .refused = {}, .want = 3}).claimed;
    ASSERT_EQ(claims.size(), 3U);
    std::ranges::sort(claims, {}, &ClaimedStep::step_no);
    auto late = succeeded(claims[2]);
    ++late.attempt;
    const std::vector settled{
        failed(claims[0], ordinary_failure()), given_back(claims[1]), std::move(late)
    };
    const auto reply =
        gateway.advance({.settled = settled, .queues = {}, .refused = {}, .want = 0});
    EXPECT_EQ(reply.queued_results, 1);
    EXPECT_THAT(reply.refused_results, ::testing::ElementsAre(step_id(task, 3)));
    EXPECT_THAT(reply.fed_namespaces, ::testing::ElementsAre(testing::test_namespace));
    EXPECT_EQ(step_states(task), "enqueued_as_error_for_orchestration enqueued in_progress");
    EXPECT_EQ(of_step(task, 2, "s.attempts"), "0");
    EXPECT_EQ(of_step(task, 1, "s.failure ->> 'error_code'"), "TEAPOT");
}

// A task that is cancelled while one of its steps is being claimed cannot be arranged without a
// race, but a broken connection finds the same: a claim that nobody knew of, of a task that ended.
TEST_F(QueuedPumpTest, AClaimOfATaskThatEndedIsToBeGivenBack) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    ASSERT_EQ(host.claim(1).size(), 1U);
    sql().value(
        "SELECT outcome FROM tenon.cancel_tasks(ARRAY[$1]::uuid[], 'test', 'no need')",
        {task.to_string()}
    );
    database::StepGateway gateway(gateway_options(), host.id());
    const auto reply = gateway.recover({}, 0);
    EXPECT_THAT(reply.claimed, ::testing::IsEmpty());
    ASSERT_EQ(reply.ended.size(), 1U);
    EXPECT_EQ(reply.ended[0].task, task);
    const std::vector back{given_back(reply.ended[0])};
    gateway.advance({.settled = back, .queues = {}, .refused = {}, .want = 0});
    EXPECT_EQ(step_states(task), "cancelled");
}

}  // namespace
}  // namespace tenon
