// Tasks that begin in the commit that makes them, on the host that was asked for them.

#include "foundation/error.hpp"
#include "step_path_fixture.hpp"
#include "worker/services/step_pump.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

namespace tenon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::succeeded;
using testing::TestHost;
using worker::StepPump;

TaskRequest request_for(const std::string& name) {
    TaskRequest request;
    request.namespace_name = testing::test_namespace;
    request.name = name;
    return request;
}

class EagerStartTest : public testing::StepPathTest {
protected:
    database::AdvanceReply submit_to(
        TestHost& to,
        const TaskRequest& request,
        std::int32_t want = 16,
        const std::vector<TemplateId>& refused = {}
    ) {
        return to.gateway().submit({.task = request, .refused = refused, .want = want});
    }

    std::string queue_length() { return sql().value("SELECT count(*) FROM pgmq.q_steps_queue"); }

    std::string transitions(TaskId task) {
        return sql().value(
            "SELECT string_agg(concat_ws(' ', step_no, from_state, to_state, attempt, host_id, "
            "via), '; ' ORDER BY step_no) FROM tenon.workflow_step_transitions "
            "WHERE task_uuid = $1::uuid",
            {task.to_string()}
        );
    }

    TestHost host{conninfo()};
};

TEST_F(EagerStartTest, TheFirstStepIsClaimedInTheCommitThatMakesTheTask) {
    const auto template_id = enroll(testing::chain(2));
    auto request = request_for("chain");
    request.context_json = R"({"n": 1})";
    const auto reply = submit_to(host, request);
    ASSERT_TRUE(reply.submitted);
    EXPECT_TRUE(reply.submitted->created);
    EXPECT_EQ(reply.submitted->state, TaskState::steps_in_process);
    ASSERT_EQ(reply.claimed.size(), 1U);
    const auto& claim = reply.claimed.front();
    EXPECT_EQ(claim.task, reply.submitted->task);
    EXPECT_EQ(claim.step_no, 1);
    EXPECT_EQ(claim.attempt, 1);
    EXPECT_EQ(claim.template_id, template_id);
    EXPECT_EQ(claim.context_json, R"({"n": 1})");
    EXPECT_EQ(step_states(claim.task), "in_progress pending");
    EXPECT_EQ(queue_length(), "0");
    EXPECT_EQ(transitions(claim.task), "1 pending in_progress 1 " + host.number() + " {enqueued}");
    const auto next = host.settle({succeeded(claim)}, 1).claimed;
    ASSERT_EQ(next.size(), 1U);
    EXPECT_THAT(host.settle({succeeded(next.front())}).finished, ::testing::SizeIs(1));
    EXPECT_EQ(task_state(claim.task), "complete");
}

TEST_F(EagerStartTest, MoreFirstStepsThanSlotsGoToTheirQueueAllOfThem) {
    enroll(testing::workflow("roots", {testing::step("a"), testing::step("b"), testing::step("c")})
    );
    const auto reply = submit_to(host, request_for("roots"), 2);
    EXPECT_THAT(reply.claimed, IsEmpty());
    EXPECT_THAT(reply.fed_namespaces, ElementsAre(testing::test_namespace));
    EXPECT_EQ(step_states(reply.submitted->task), "enqueued enqueued enqueued");
    EXPECT_EQ(queue_length(), "3");
    EXPECT_EQ(submit_to(host, request_for("roots"), 3).claimed.size(), 3U);
    EXPECT_EQ(queue_length(), "3");
}

TEST_F(EagerStartTest, ATemplateThatTheHostCannotRunIsLeftToOthers) {
    const auto template_id = enroll(testing::chain(1));
    const auto reply = submit_to(host, request_for("chain"), 16, {template_id});
    EXPECT_THAT(reply.claimed, IsEmpty());
    EXPECT_EQ(step_states(reply.submitted->task), "enqueued");
    EXPECT_EQ(queue_length(), "1");
}

TEST_F(EagerStartTest, TheSameKeyIsTheSameTaskAndClaimsNothing) {
    enroll(testing::chain(1));
    auto request = request_for("chain");
    request.idempotency_key = "once";
    const auto first = submit_to(host, request);
    host.settle({succeeded(first.claimed.at(0))});
    const auto second = submit_to(host, request);
    EXPECT_FALSE(second.submitted->created);
    EXPECT_EQ(second.submitted->task, first.submitted->task);
    EXPECT_EQ(second.submitted->state, TaskState::complete);
    EXPECT_THAT(second.claimed, IsEmpty());
    EXPECT_THAT(second.fed_namespaces, IsEmpty());
}

TEST_F(EagerStartTest, EverythingThatARequestSaysIsStored) {
    enroll(testing::chain(1));
    auto request = request_for("chain");
    request.version = "1.0.0";
    request.priority = 7;
    request.initiator = "ann";
    request.source_system = "shop";
    request.reason = "because";
    request.tags = {"red", "a \"b\", {c}"};
    request.correlation_id = CorrelationId::parse("11111111-2222-4333-8444-555555555555");
    request.parent_correlation_id = CorrelationId::parse("66666666-7777-4888-9999-aaaaaaaaaaaa");
    const auto reply = submit_to(host, request);
    EXPECT_EQ(
        sql().value("SELECT concat_ws('|', priority, initiator, source_system, reason, tags[1], "
                    "tags[2], correlation_id, parent_correlation_id) FROM tenon.tasks"),
        "7|ann|shop|because|red|a \"b\", {c}|11111111-2222-4333-8444-555555555555|"
        "66666666-7777-4888-9999-aaaaaaaaaaaa"
    );
    EXPECT_EQ(reply.claimed.at(0).correlation, *request.correlation_id);
}

TEST_F(EagerStartTest, AHostThatDiesWithTheStepLosesItToOthers) {
    enroll(testing::chain(1));
    const auto task = submit_to(host, request_for("chain")).submitted->task;
    host.die();
    TestHost other(conninfo());
    other.presence().rescue(other.id());
    EXPECT_EQ(step_states(task), "enqueued");
    const auto again = other.claim(1);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front().attempt, 2);
}

/// A real pump whose steps succeed at once.
class EagerPumpTest : public EagerStartTest {
protected:
    void SetUp() override {
        EagerStartTest::SetUp();
        enroll(testing::chain(1));
        pump.emplace(
            StepPump::Options{
                .gateway = {.conninfo = conninfo()}, .host_id = host.id(), .slots = 8, .lanes = 1
            },
            StepPump::Observers{
                .claimed =
                    [this](const std::vector<ClaimedStep>& steps) {
                        for (const auto& step : steps) {
                            pump->inbox().add(succeeded(step));
                        }
                    },
                .finished =
                    [this](const auto& tasks) {
                        const std::scoped_lock lock(mutex);
                        finished += tasks.size();
                        news.notify_all();
                    },
                .fed = [this](const auto&) { pump->inbox().hint_all(); },
                .retry_scheduled = [](auto) {},
                .queued = [](auto) {},
                .lost = [] {},
                .looked = [] {}
            }
        );
        pump->inbox().set_poll_intervals({.busy = 1h, .idle = 1h});
        pump->start();
        pump->inbox().set_queues({testing::test_queue});
    }

    /// Offers until the lane is idle enough to take it.
    std::optional<TaskReceipt> start(const TaskRequest& request) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (std::chrono::steady_clock::now() < deadline) {
            const auto asked = std::make_shared<worker::EagerStart>(request, testing::test_queue);
            auto receipt = asked->receipt.get_future();
            if (pump->inbox().offer(asked)) {
                return receipt.get();
            }
            std::this_thread::yield();
        }
        ADD_FAILURE() << "no lane took it";
        return std::nullopt;
    }

    bool await_finished(std::size_t wanted) {
        std::unique_lock lock(mutex);
        return news.wait_for(lock, 30s, [&] { return finished >= wanted; });
    }

    std::optional<StepPump> pump;
    std::mutex mutex;
    std::condition_variable news;
    std::size_t finished = 0;
};

TEST_F(EagerPumpTest, AChainOfFourTakesFourCallsBesidesItsSubmission) {
    auto four = testing::chain(4);
    four.name = "four";
    enroll(four);
    start(request_for("four"));
    ASSERT_TRUE(await_finished(1));
    const auto before = pump->statistics().calls;
    start(request_for("four"));
    ASSERT_TRUE(await_finished(2));
    pump->stop();
    EXPECT_EQ(pump->statistics().calls - before, 4U);
    EXPECT_EQ(pump->statistics().started, 2U);
    EXPECT_EQ(pump->inbox().taken_slots(), 0);
}

TEST_F(EagerPumpTest, ABadRequestIsToldAndCostsNoConnection) {
    auto request = request_for("chain");
    request.context_json = "[1]";
    for (const auto& bad : {request, request_for("unheard_of")}) {
        try {
            start(bad);
            ADD_FAILURE() << "it was taken";
        } catch (const Exception& error) {
            const bool unknown = bad.name == "unheard_of";
            EXPECT_EQ(error.code(), unknown ? ErrorCode::not_found : ErrorCode::invalid_input);
            EXPECT_THAT(
                error.what(), HasSubstr(unknown ? "unknown template" : "not a JSON object")
            );
        }
    }
    start(request_for("chain"));
    ASSERT_TRUE(await_finished(1));
    pump->stop();
    EXPECT_EQ(pump->statistics().reconnects, 0U);
    EXPECT_EQ(pump->inbox().taken_slots(), 0);
}

TEST_F(EagerPumpTest, ALaneWhoseServerHungUpLeavesTheTaskToSomebodyElse) {
    start(request_for("chain"));
    ASSERT_TRUE(await_finished(1));
    sql().exec(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
        "current_database() AND application_name = 'tenon pump'"
    );
    EXPECT_FALSE(start(request_for("chain"))) << "nothing was sent";
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), "1");
    EXPECT_TRUE(start(request_for("chain"))) << "it connected again";
    ASSERT_TRUE(await_finished(2));
    pump->stop();
}

TEST_F(EagerPumpTest, BeginsNothingThatItDoesNotServeOrWhenItGoes) {
    start(request_for("chain"));
    ASSERT_TRUE(await_finished(1));
    pump->inbox().drain();
    const auto late =
        std::make_shared<worker::EagerStart>(request_for("chain"), testing::test_queue);
    EXPECT_FALSE(pump->inbox().offer(late)) << "a host that goes begins nothing";
    const auto foreign = std::make_shared<worker::EagerStart>(request_for("chain"), "other_queue");
    EXPECT_FALSE(pump->inbox().offer(foreign)) << "nor what it does not serve";
    pump->stop();
}

}  // namespace
}  // namespace tenon
