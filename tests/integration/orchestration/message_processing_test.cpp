#include "messaging/queue_names.hpp"
#include "orchestration_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::orchestration {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr auto requests = messaging::task_requests_queue;
constexpr auto results = messaging::step_results_queue;
constexpr auto finalizations = messaging::finalizations_queue;

class MessageProcessingTest : public testing::OrchestrationTest {
protected:
    /// From now on, settling the given step is refused with this SQLSTATE.
    void spoil(TaskId task, const std::string& sqlstate) {
        sql().exec(
            "CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
            "IF NEW.task_uuid = '" +
            task.to_string() + "' THEN RAISE EXCEPTION 'spoiled' USING ERRCODE = '" + sqlstate +
            "'; END IF; RETURN NEW; END$$;"
            "CREATE OR REPLACE TRIGGER spoil BEFORE UPDATE ON tenon.workflow_steps "
            "FOR EACH ROW EXECUTE FUNCTION spoil()"
        );
    }

    void heal() { sql().exec("DROP TRIGGER spoil ON tenon.workflow_steps"); }

    std::string read_counts(std::string_view queue) {
        return sql().value(
            "SELECT coalesce(string_agg(read_ct::text, ' ' ORDER BY msg_id), '') FROM pgmq.q_" +
            std::string(queue)
        );
    }

    std::string tasks() { return sql().value("SELECT count(*) FROM tenon.tasks"); }
};

TEST_F(MessageProcessingTest, MakesTasksOfRequests) {
    enroll(testing::chain(1));
    send(requests, R"({"namespace":"steps","name":"chain","context":{"n":1}})");
    send(requests, R"({"request_id":"r","task_request":{"namespace":"steps","name":"chain",
                       "priority":7,"tags":["a","b\"c"],"reason":"why","idempotency_key":"k",
                       "correlation_id":"0192f0c1-7a5b-7c3d-8e9f-123456789abc"},
                       "metadata":{"requester":"ada"}})");
    EXPECT_EQ(ask(InitializeTaskFromEvent{}), (BatchReport{.read = 2, .processed = 2}));
    EXPECT_EQ(waiting(requests), "0");
    EXPECT_EQ(archived(requests), "");
    EXPECT_EQ(
        sql().value("SELECT string_agg(concat_ws('/', context, priority, initiator, reason, tags, "
                    "correlation_id), ' ' ORDER BY priority) FROM tenon.tasks"),
        R"({"n": 1}/0/system {}/7/ada/why/{a,"b\"c"}/0192f0c1-7a5b-7c3d-8e9f-123456789abc)"
    );
    EXPECT_THAT(announced(), ElementsAre(Pair("fed steps", 1)));
    EXPECT_EQ(queued(), "2");
}

TEST_F(MessageProcessingTest, ARefusedRequestHoldsUpNoOther) {
    enroll(testing::chain(1));
    send(requests, R"({"namespace":"steps","name":"chain"})");
    send(requests, R"({"namespace":"steps","name":"unknown"})");
    send(requests, R"({"namespace":"steps"})");
    send(requests, "\"nonsense\"");
    send(requests, R"({"namespace":"steps","name":"chain"})");
    EXPECT_EQ(
        ask(InitializeTaskFromEvent{}), (BatchReport{.read = 5, .processed = 2, .archived = 3})
    );
    EXPECT_EQ(tasks(), "2");
    EXPECT_EQ(waiting(requests), "0");
    EXPECT_THAT(
        archived(requests),
        AllOf(
            HasSubstr("unknown"),
            HasSubstr("field 'name' is missing; it is required"),
            HasSubstr("the message must be a JSON object")
        )
    );
}

TEST_F(MessageProcessingTest, TheSameKeyMeansTheSameTask) {
    enroll(testing::chain(1));
    const std::string request = R"({"namespace":"steps","name":"chain","idempotency_key":"k"})";
    send(requests, request);
    send(requests, request);
    EXPECT_EQ(ask(InitializeTaskFromEvent{}), (BatchReport{.read = 2, .processed = 2}));
    EXPECT_EQ(tasks(), "1");
    TaskRequest direct;
    direct.namespace_name = "steps";
    direct.name = "chain";
    direct.idempotency_key = "k";
    const auto receipt = ask(InitializeTask{.request = direct});
    EXPECT_FALSE(receipt.created);
    EXPECT_EQ(receipt.task.to_string(), sql().value("SELECT task_uuid FROM tenon.tasks"));
}

TEST_F(MessageProcessingTest, SettlesStepsByWhatAForeignWorkerSays) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    send_result(task, 1, R"("status":"completed","result":{"n":12345678901234567890123})");
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 1, .processed = 1}));
    EXPECT_EQ(step_states(task), "complete enqueued");
    EXPECT_EQ(of_step(task, 1, "result ->> 'n'"), "12345678901234567890123");
    EXPECT_THAT(announced(), ElementsAre(Pair("fed steps", 1)));

    send_result(task, 2, R"("status":"completed","result":2)");
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 1, .processed = 1}));
    EXPECT_EQ(waiting(finalizations), "1");
    EXPECT_EQ(task_state(task), "steps_in_process");
    EXPECT_EQ(announced()["finalizations"], 1);

    EXPECT_EQ(ask(FinalizeTaskFromEvent{}), (BatchReport{.read = 1, .processed = 1}));
    EXPECT_EQ(task_state(task), "complete");
    EXPECT_EQ(waiting(finalizations), "0");
    EXPECT_EQ(announced()["ended complete"], 1);
}

TEST_F(MessageProcessingTest, SchedulesTheRetryOfAFailure) {
    enroll(testing::workflow("patient", {testing::restless("s1", 3)}));
    const auto task = submit("patient");
    send_result(
        task, 1, R"("status":"failed","error":{"message":"not yet","retry_after_ms":60000})"
    );
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 1, .processed = 1}));
    EXPECT_EQ(step_states(task), "waiting_for_retry");
    EXPECT_EQ(of_step(task, 1, "failure ->> 'message'"), "not yet");
    EXPECT_EQ(announced()["retry"], 1);
}

TEST_F(MessageProcessingTest, AMessageThatArrivesTwiceCountsOnce) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    send_result(task, 1, R"("status":"completed","result":1)");
    const auto messages = queues().read(results, {});
    EXPECT_EQ(
        ask(ProcessStepResultFromMessage{messages}), (BatchReport{.read = 1, .processed = 1})
    );
    const auto before = everything();
    ask(ProcessStepResultFromMessage{messages});
    EXPECT_EQ(everything(), before);
}

TEST_F(MessageProcessingTest, AResultNobodyWaitsForGoesToTheArchive) {
    enroll(testing::chain(2));
    const auto task = submit("chain");
    send_result(task, 2, R"("status":"completed","result":"too early")");
    send_result(
        TaskId::parse("0192f0c1-7a5b-7c3d-8e9f-123456780000"), 1, R"("status":"completed")"
    );
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 2, .archived = 2}));
    EXPECT_EQ(step_states(task), "enqueued pending");
    EXPECT_EQ(archived(results), "step pending awaits no result|step unknown awaits no result");
}

TEST_F(MessageProcessingTest, MalformedMessagesGoToTheArchiveAndHoldUpNoOther) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    send(results, "[]");
    send_result(task, 1, R"("status":"maybe")");
    send_result(task, 1, R"("status":"completed","result":7)");
    EXPECT_EQ(
        ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 3, .processed = 1, .archived = 2})
    );
    EXPECT_EQ(of_step(task, 1, "result"), "7");
    EXPECT_EQ(
        archived(results),
        "the message must be a JSON object, not []|'status' of the message must be \"completed\" "
        "or \"failed\", not \"maybe\""
    );
}

TEST_F(MessageProcessingTest, AMessageThatWasReadTooOftenGoesToTheArchive) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    send_result(task, 1, R"("status":"completed")");
    sql().exec("UPDATE pgmq.q_orchestration_step_results SET read_ct = 5");
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 1, .archived = 1}));
    EXPECT_EQ(archived(results), "read 6 times without being processed; at most 5 are tried");
    EXPECT_EQ(step_states(task), "enqueued");
}

TEST_F(MessageProcessingTest, OneThatCanNeverSucceedBlamesOnlyItself) {
    enroll(testing::chain(1));
    const auto tasks = submit_many("chain", 3);
    for (const auto& task : tasks) {
        send_result(task, 1, R"("status":"completed")");
    }
    spoil(tasks[1], "TN400");
    EXPECT_EQ(
        ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 3, .processed = 2, .archived = 1})
    );
    EXPECT_EQ(archived(results), "spoiled");
    EXPECT_EQ(waiting(results), "0");
    EXPECT_EQ(step_states(tasks[0]), "complete");
    EXPECT_EQ(step_states(tasks[1]), "enqueued");
    EXPECT_EQ(step_states(tasks[2]), "complete");
}

TEST_F(MessageProcessingTest, OneThatFailsByAFaultOfOursIsTriedAgainButNotForEver) {
    enroll(testing::chain(1));
    const auto tasks = submit_many("chain", 2);
    for (const auto& task : tasks) {
        send_result(task, 1, R"("status":"completed")");
    }
    spoil(tasks[0], "XX000");
    EXPECT_EQ(
        ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 2, .processed = 1, .left = 1})
    );
    EXPECT_EQ(step_states(tasks[1]), "complete");
    for (int read = 2; read <= 5; ++read) {
        queues().redeliver();
        EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 1, .left = 1})) << read;
    }
    queues().redeliver();
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 1, .archived = 1}));
    EXPECT_EQ(waiting(results), "0");
    EXPECT_EQ(archived(results), "read 6 times without being processed; at most 5 are tried");
}

TEST_F(MessageProcessingTest, WhatTheDatabaseIsToBlameForDoesNotCountAgainstTheMessages) {
    enroll(testing::chain(1));
    const auto tasks = submit_many("chain", 2);
    for (const auto& task : tasks) {
        send_result(task, 1, R"("status":"completed")");
    }
    spoil(tasks[0], "40P01");
    for (int i = 0; i < 10; ++i) {
        EXPECT_THROW(ask(ProcessStepResultFromEvent{}), Exception);
    }
    reading().keep_promises();
    EXPECT_EQ(read_counts(results), "0 0");
    heal();
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 2, .processed = 2}));
    EXPECT_EQ(archived(results), "");
}

TEST_F(MessageProcessingTest, EmptiesALongQueue) {
    enroll(testing::chain(1));
    const auto tasks = submit_many("chain", 450);
    sql().exec(
        "SELECT pgmq.send('orchestration_step_results', jsonb_build_object("
        "'task_uuid', task_uuid, 'step_uuid', tenon.step_uuid(task_uuid, 1), "
        "'status', 'completed', 'result', 1)) FROM tenon.tasks"
    );
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), (BatchReport{.read = 450, .processed = 450}));
    EXPECT_EQ(ask(FinalizeTaskFromEvent{}).processed, 450U);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks WHERE state = 'complete'"), "450");
}

TEST_F(MessageProcessingTest, TakesAResultAndAnEndDirectly) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    const StepResult result{
        .task = task, .step_no = 1, .outcome_json = R"({"status":"completed","result":[1]})"
    };
    EXPECT_EQ(ask(ProcessStepResult{result}), (BatchReport{.processed = 1}));
    EXPECT_EQ(of_step(task, 1, "result"), "[1]");
    EXPECT_EQ(waiting(results), "0");

    EXPECT_EQ(ask(FinalizeTask{task}), (BatchReport{.processed = 1}));
    EXPECT_EQ(task_state(task), "complete");

    EXPECT_EQ(ask(ProcessStepResult{result}), (BatchReport{.archived = 1}));
    EXPECT_EQ(
        sql().value("SELECT message #>> '{message,result}' FROM pgmq.a_orchestration_step_results"),
        "[1]"
    );
}

TEST_F(MessageProcessingTest, ATaskThatHasNotEndedStaysAsItIs) {
    enroll(testing::chain(1));
    const auto task = submit("chain");
    send(finalizations, R"({"task_uuid":")" + task.to_string() + "\"}");
    send(finalizations, R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000"})");
    send(finalizations, R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780001"})");
    EXPECT_EQ(ask(FinalizeTaskFromEvent{}), (BatchReport{.read = 3, .stale = 1, .archived = 2}));
    EXPECT_EQ(task_state(task), "steps_in_process");
    EXPECT_THAT(archived(finalizations), HasSubstr("there is no open task of this UUID"));
}

TEST_F(MessageProcessingTest, AnEmptyQueueIsNoWork) {
    EXPECT_EQ(ask(InitializeTaskFromEvent{}), BatchReport{});
    EXPECT_EQ(ask(ProcessStepResultFromEvent{}), BatchReport{});
    EXPECT_EQ(ask(FinalizeTaskFromEvent{}), BatchReport{});
    EXPECT_EQ(ask(ProcessStepResultFromMessage{}), BatchReport{});
    EXPECT_THAT(announced(), IsEmpty());
}

TEST_F(MessageProcessingTest, PutsStepsOnTheirQueuesThatLostTheirMessage) {
    enroll(testing::chain(1));
    submit_many("chain", 3);
    sql().exec("DELETE FROM pgmq.q_steps_queue");
    EXPECT_EQ(ask(ResumeStaleSteps{}), 1U);
    EXPECT_EQ(queued(), "3");
    EXPECT_EQ(announced()["fed steps"], 1);
}

TEST_F(MessageProcessingTest, MovesToHistoryWhatEndedAWhileAgo) {
    enroll(testing::chain(1));
    submit_many("chain", 2100);
    testing::TestHost host{conninfo()};
    EXPECT_EQ(host.work_off(512), 2100U);
    EXPECT_EQ(ask(ArchiveTasks{}), 0) << "people still look at what ended just now";
    sql().exec("UPDATE tenon.tasks SET settled_at = settled_at - interval '11 minutes'");
    submit_many("chain", 1);
    EXPECT_EQ(ask(ArchiveTasks{}), 2100);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), "1");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps"), "1");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks_history"), "2100");
}

TEST_F(MessageProcessingTest, KeepsTheHistoryInOrder) {
    // A period that is long over and in which no task is open.
    sql().exec("SELECT tenon.make_period('2020-01-01 00:00Z', '2020-01-02 00:00Z')");
    EXPECT_THAT(ask(MaintainHistory{}), HasSubstr(R"("dropped" : ["20200101t0000"])"));
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.periods WHERE begins < '2021-01-01'"), "0");
}

}  // namespace
}  // namespace tenon::orchestration
