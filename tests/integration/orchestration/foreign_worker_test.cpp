#include "messaging/queue_names.hpp"
#include "orchestration_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace tenon::orchestration {
namespace {

/// A worker that is nothing but SQL and PGMQ, and the orchestration role that serves it.
class ForeignWorkerTest : public testing::OrchestrationTest {
protected:
    ForeignWorkerTest() {
        std::ifstream script(
            std::string(TENON_SOURCE_DIR) + "/tests/integration/orchestration/foreign_worker.sql"
        );
        sql().exec(std::string(std::istreambuf_iterator<char>(script), {}));
        enroll(testing::diamond());
    }

    /// Works one step and lets orchestration see its result; returns the step's name.
    std::string turn() {
        const auto step = sql().value("SELECT work_one_step()");
        ask(ProcessStepResultFromEvent{});
        return step;
    }

    std::string request(const std::string& more = "") {
        return send(
            messaging::task_requests_queue,
            R"({"namespace":"steps","name":"diamond","context":{"n":3})" + more + "}"
        );
    }
};

TEST_F(ForeignWorkerTest, RunsAWholeDiamond) {
    request();
    EXPECT_EQ(ask(InitializeTaskFromEvent{}).processed, 1U);
    EXPECT_EQ(turn(), "top");
    const std::set<std::string> sides{turn(), turn()};
    EXPECT_EQ(sides, (std::set<std::string>{"left", "right"}));
    EXPECT_EQ(turn(), "bottom");
    EXPECT_EQ(turn(), "NULL");
    EXPECT_EQ(ask(FinalizeTaskFromEvent{}).processed, 1U);

    const auto task = TaskId::parse(sql().value("SELECT task_uuid FROM tenon.tasks"));
    EXPECT_EQ(task_state(task), "complete");
    EXPECT_EQ(step_states(task), "complete complete complete complete");
    EXPECT_EQ(of_step(task, 1, "result"), "9");
    EXPECT_EQ(of_step(task, 2, "result"), "81");
    EXPECT_EQ(of_step(task, 3, "result"), "81");
    EXPECT_EQ(of_step(task, 4, "result"), "43046721") << "(81 · 81)² = 3^16";
    for (const auto queue :
         {messaging::task_requests_queue,
          messaging::step_results_queue,
          messaging::finalizations_queue}) {
        EXPECT_EQ(waiting(queue), "0") << queue;
        EXPECT_EQ(archived(queue), "") << queue;
    }
    EXPECT_EQ(queued(), "0");
}

TEST_F(ForeignWorkerTest, ASecondReportOfAStepChangesNothing) {
    request();
    ask(InitializeTaskFromEvent{});
    const auto task = TaskId::parse(sql().value("SELECT task_uuid FROM tenon.tasks"));
    turn();
    const auto before = everything();
    send_result(task, 1, R"("status":"completed","result":"another")");
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 1, .archived = 1}));
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(archived(messaging::step_results_queue), "step complete awaits no result");
}

TEST_F(ForeignWorkerTest, ALateReportIsNotTakenForOneOfTheNextAttempt) {
    request();
    ask(InitializeTaskFromEvent{});
    const auto task = TaskId::parse(sql().value("SELECT task_uuid FROM tenon.tasks"));
    send_result(task, 1, R"("status":"failed","attempt":1,"error":{"message":"no"})");
    ask(ProcessStepResultFromEvent{});
    EXPECT_EQ(release_all(), "1");
    EXPECT_EQ(of_step(task, 1, "s.state"), "enqueued");

    send_result(task, 1, R"("status":"completed","attempt":1,"result":"late")");
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 1, .archived = 1}));
    EXPECT_EQ(of_step(task, 1, "s.state"), "enqueued");
    EXPECT_EQ(
        archived(messaging::step_results_queue),
        "the report is of attempt 1, the step waits for another"
    );
    send_result(task, 1, R"("status":"completed","attempt":2,"result":"in time")");
    ask(ProcessStepResultFromEvent{});
    EXPECT_EQ(of_step(task, 1, "s.result::text"), R"("in time")");
    EXPECT_EQ(of_step(task, 1, "s.attempts"), "2");
}

TEST_F(ForeignWorkerTest, LearnsThatAStepDoesNotWaitForItAnyMore) {
    request();
    ask(InitializeTaskFromEvent{});
    const auto message = sql().value("SELECT message FROM pgmq.q_steps_queue");
    const auto step = sql().value("SELECT $1::jsonb ->> 'step_uuid'", {message});
    EXPECT_NE(sql().value("SELECT tenon.step_input($1::uuid)", {step}), "NULL");
    turn();
    EXPECT_EQ(sql().value("SELECT tenon.step_input($1::uuid)", {step}), "NULL");
}

}  // namespace
}  // namespace tenon::orchestration
