#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using testing::failed;
using ::testing::IsEmpty;
using testing::ordinary_failure;
using testing::succeeded;
using testing::TestHost;
using namespace std::chrono_literals;

class RetryTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    std::string backoff(const std::string& kind, int base, int cap, int attempts) {
        return sql().value(
            "SELECT tenon.backoff_ms($1::tenon.backoff, $2, $3, $4)",
            {kind, std::to_string(base), std::to_string(cap), std::to_string(attempts)}
        );
    }

    /// The delays before attempts 2 to 8.
    std::string backoffs(const std::string& kind) {
        std::string all;
        for (int attempts = 1; attempts <= 7; ++attempts) {
            all += backoff(kind, 100, 1000, attempts) + " ";
        }
        return all;
    }

    /// Fails the only step of a fresh task of `source` for the first time.
    TaskId fail_first_attempt(const TaskTemplate& source, StepFailure failure) {
        enroll(source);
        const auto task = submit(source.name);
        reply = host.settle({failed(host.claim(1).at(0), std::move(failure))}, 1);
        return task;
    }

    TaskTemplate one_step(RetryPolicy policy) {
        auto only = testing::step("s1");
        only.retry = policy;
        return testing::workflow("one", {only});
    }

    database::AdvanceReply reply;
};

TEST_F(RetryTest, EveryBackoffGrowsInItsOwnWayUpToTheCap) {
    EXPECT_EQ(backoffs("none"), "0 0 0 0 0 0 0 ");
    EXPECT_EQ(backoffs("linear"), "100 200 300 400 500 600 700 ");
    EXPECT_EQ(backoffs("exponential"), "100 200 400 800 1000 1000 1000 ");
    EXPECT_EQ(backoffs("fibonacci"), "100 100 200 300 500 800 1000 ");
    for (const auto* kind : {"linear", "exponential", "fibonacci"}) {
        EXPECT_EQ(backoff(kind, 3600000, 2147483647, 100000), "2147483647") << kind;
    }
}

TEST_F(RetryTest, JitterAddsUpToFifteenPercentAndUsesAllOfIt) {
    enroll(one_step(
        {.max_attempts = 9, .backoff = Backoff::linear, .backoff_base = 1s, .max_backoff = 30s}
    ));
    const auto row = sql().rows(
        "SELECT min(d) >= interval '2 s', max(d) <= interval '2.3 s', min(d) < interval '2.05 s', "
        "max(d) > interval '2.25 s' FROM (SELECT tenon.retry_delay(ts, 2, NULL) AS d "
        "FROM tenon.template_steps AS ts, generate_series(1, 1000)) AS r"
    );
    EXPECT_EQ(row.at(0), (testing::TextRow{"t", "t", "t", "t"}));
}

TEST_F(RetryTest, AHandlersOwnDelayIsTakenAsItIsUpToADay) {
    enroll(one_step({.max_attempts = 9}));
    const auto delay = [this](const std::string& milliseconds) {
        return sql().value(
            "SELECT extract(epoch FROM tenon.retry_delay(ts, 1, $1))::float8 "
            "FROM tenon.template_steps AS ts",
            {milliseconds}
        );
    };
    EXPECT_EQ(delay("1234"), "1.234");
    EXPECT_EQ(delay("0"), "0");
    EXPECT_EQ(delay("-5"), "0");
    EXPECT_EQ(delay("9000000000"), "86400");
}

TEST_F(RetryTest, ATimerThatOutlivedItsRetryDoesNotSpoilTheNext) {
    enroll(one_step({.max_attempts = 9}));
    const auto task = submit("one");
    TestHost host(conninfo());
    const auto claims = host.claim(1);
    ASSERT_EQ(claims.size(), 1U);
    sql().rows("INSERT INTO tenon.due VALUES ($1, 1, clock_timestamp())", {task.to_string()});
    host.settle({failed(claims.front(), ordinary_failure())});
    EXPECT_EQ(step_states(task), "waiting_for_retry");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.due WHERE due_at > clock_timestamp()"), "1");
}

TEST_F(RetryTest, AFailureWaitsForItsTimeAndThenRunsAgain) {
    auto failure = ordinary_failure();
    failure.retry_after = 5000ms;
    failure.context_json = R"({"pot":  1})";
    const auto task = fail_first_attempt(one_step({.max_attempts = 2}), failure);
    EXPECT_EQ(step_states(task), "waiting_for_retry");
    EXPECT_EQ(task_state(task), "steps_in_process");
    ASSERT_TRUE(reply.retry_in);
    EXPECT_GT(*reply.retry_in, 3000ms);
    EXPECT_LE(*reply.retry_in, 5000ms);
    EXPECT_EQ(of_step(task, 1, "failure ->> 'message'"), "the teapot is empty");
    EXPECT_EQ(of_step(task, 1, "failure ->> 'error_code'"), "TEAPOT");
    EXPECT_EQ(of_step(task, 1, "failure ->> 'context'"), R"({"pot":  1})");

    EXPECT_EQ(sql().value("SELECT released FROM tenon.release_due(10)"), "0");
    EXPECT_EQ(sql().value("SELECT next_in > 3 AND next_in <= 5 FROM tenon.release_due(10)"), "t");
    EXPECT_EQ(queued(), "0");
    sql().exec("UPDATE tenon.due SET due_at = clock_timestamp()");
    const auto released =
        sql().rows("SELECT released, namespaces, next_in FROM tenon.release_due(10)");
    EXPECT_EQ(released.at(0), (testing::TextRow{"1", "{steps}", std::nullopt}));
    EXPECT_EQ(step_states(task), "enqueued");

    const auto again = host.claim(1).at(0);
    EXPECT_EQ(again.attempt, 2);
    EXPECT_EQ(host.settle({succeeded(again)}).finished.size(), 1U);
    EXPECT_EQ(task_state(task), "complete");
}

TEST_F(RetryTest, TheEarliestRetryOfABatchIsReported) {
    enroll(one_step({.max_attempts = 5}));
    submit_many("one", 3);
    std::vector<SettledStep> settled;
    for (const auto& claim : host.claim(3)) {
        auto failure = ordinary_failure();
        failure.retry_after = std::chrono::minutes(3 - settled.size());
        settled.push_back(failed(claim, failure));
    }
    const auto earliest = host.settle(settled).retry_in;
    ASSERT_TRUE(earliest);
    EXPECT_LE(*earliest, 60s);
    EXPECT_GT(*earliest, 30s);
}

TEST_F(RetryTest, AttemptsAreLimitedByTheTemplate) {
    for (const auto& [limit, attempts] : {std::pair(0, 1), std::pair(1, 1), std::pair(3, 3)}) {
        auto source = one_step({.max_attempts = 1, .backoff = Backoff::none});
        source.name = "limit_" + std::to_string(limit);
        enroll(source);
        sql().exec("UPDATE tenon.template_steps SET max_attempts = " + std::to_string(limit));
        const auto task = submit(source.name);
        for (int attempt = 1; attempt < attempts; ++attempt) {
            EXPECT_THAT(
                host.settle({failed(host.claim(1).at(0), ordinary_failure())}).finished, IsEmpty()
            );
            EXPECT_EQ(release_all(), "1");
        }
        const auto last = host.settle({failed(host.claim(1).at(0), ordinary_failure())});
        ASSERT_EQ(last.finished.size(), 1U) << limit;
        EXPECT_EQ(last.finished[0].state, "blocked_by_failures");
        EXPECT_EQ(of_step(task, 1, "concat(state, attempts)"), "error" + std::to_string(attempts));
        EXPECT_EQ(release_all(), "0");
    }
}

TEST_F(RetryTest, ATemplateCanForbidRetries) {
    const auto task =
        fail_first_attempt(one_step({.retryable = false, .max_attempts = 3}), ordinary_failure());
    EXPECT_EQ(step_states(task), "error");
    EXPECT_EQ(task_state(task), "blocked_by_failures");
    EXPECT_FALSE(reply.retry_in);
}

TEST_F(RetryTest, AHandlerCanForbidRetriesButNotDemandThem) {
    auto failure = ordinary_failure();
    failure.retryable = false;
    EXPECT_EQ(step_states(fail_first_attempt(one_step({.max_attempts = 3}), failure)), "error");

    failure.retryable = true;
    auto source = one_step({.retryable = false, .max_attempts = 3});
    source.name = "stubborn";
    EXPECT_EQ(step_states(fail_first_attempt(source, failure)), "error");
}

TEST_F(RetryTest, ATemplateCanNameFailuresThatAreFinal) {
    enroll(one_step(
        {.max_attempts = 3, .backoff = Backoff::none, .non_retryable = {"E_FINAL", "FinalError"}}
    ));
    const auto state_after = [this](const std::string& type, const std::string& code) {
        auto failure = ordinary_failure();
        failure.error_type = type;
        failure.error_code = code;
        const auto task = submit("one");
        host.settle({failed(host.claim(1).at(0), std::move(failure))});
        return step_states(task);
    };
    EXPECT_EQ(state_after("FinalError", "E1"), "error");
    EXPECT_EQ(state_after("SomeError", "E_FINAL"), "error");
    EXPECT_EQ(state_after("SomeError", "E1"), "waiting_for_retry");
    EXPECT_EQ(state_after("finalerror", "E_FINAL2"), "waiting_for_retry") << "to the letter";
    EXPECT_EQ(state_after("", ""), "waiting_for_retry");
    expect_legal_transitions();
}

TEST_F(RetryTest, NoAttemptsMeanOnceAsOneDoes) {
    for (const std::int32_t attempts : {0, 1}) {
        auto source = one_step({.max_attempts = attempts, .backoff = Backoff::none});
        source.name = "once_" + std::to_string(attempts);
        enroll(source);
        const auto task = submit(source.name);
        const auto claims = host.claim(1);
        ASSERT_EQ(claims.size(), 1U);
        EXPECT_EQ(claims.at(0).attempt, 1);
        host.settle({failed(claims.at(0), ordinary_failure())});
        EXPECT_EQ(step_states(task), "error");
        EXPECT_EQ(task_state(task), "blocked_by_failures");
    }
}

TEST_F(RetryTest, AStepGivenBackDidNotUseAnAttempt) {
    enroll(one_step({.max_attempts = 1}));
    const auto task = submit("one");
    for (int i = 0; i < 5; ++i) {
        const auto claim = host.claim(1).at(0);
        EXPECT_EQ(claim.attempt, 1);
        const auto returned = host.settle({testing::given_back(claim)});
        EXPECT_THAT(returned.fed_namespaces, ::testing::ElementsAre("steps"));
        EXPECT_THAT(returned.refused_results, IsEmpty());
    }
    EXPECT_EQ(of_step(task, 1, "concat(state, attempts, host_id)"), "enqueued0");
    EXPECT_EQ(queued(), "1");
}

TEST_F(RetryTest, ReleaseTakesAtMostItsLimitAndTheOldestFirst) {
    enroll(one_step({.max_attempts = 5, .backoff = Backoff::none}));
    submit_many("one", 5);
    std::vector<SettledStep> settled;
    for (const auto& claim : host.claim(5)) {
        settled.push_back(failed(claim, ordinary_failure()));
    }
    host.settle(settled);
    const auto first = sql().rows("SELECT task_uuid FROM tenon.due ORDER BY due_at LIMIT 2");
    EXPECT_EQ(sql().value("SELECT released FROM tenon.release_due(2)"), "2");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.due"), "3");
    for (const auto& row : first) {
        EXPECT_EQ(step_states(TaskId::parse(*row.front())), "enqueued");
    }
}

}  // namespace
}  // namespace tenon
