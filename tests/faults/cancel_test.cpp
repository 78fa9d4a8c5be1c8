// Handlers that are asked to stop: by the cancellation of their task, by their time limit, by a
// host that goes. How long the request takes is measured on real hosts, in every mode.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <random>
#include <thread>

namespace tenon::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using SystemClock = std::chrono::system_clock;

constexpr int rounds = 20;
constexpr int handlers = 4;
constexpr std::chrono::milliseconds reach_limit = 100ms;

class Cancel : public DatabaseTest {
protected:
    std::unique_ptr<HostProcess> host(std::vector<std::string> more = {}) {
        return start_host(
            {.database_url = conninfo(),
             .plugins = SlowWorkflows::plugins(),
             .templates = slow_.templates(),
             .more = std::move(more)}
        );
    }

    std::string submit(const std::string& name, const std::string& more = "") {
        return sql().value(
            "SELECT tenon.submit('slow', $1, $2::json)",
            {name, R"({"journal": ")" + slow_.journal() + R"(", "ms": 60000)" + more + "}"}
        );
    }

    void cancel(const std::string& task) {
        EXPECT_EQ(
            sql().value(
                "SELECT outcome FROM tenon.cancel_tasks(ARRAY[$1]::uuid[], 'test', 'no need')",
                {task}
            ),
            "cancelled"
        );
    }

    std::string states(const std::string& task) {
        return sql().value(
            "SELECT string_agg(state::text, ' ' ORDER BY step_no) FROM tenon.workflow_steps "
            "WHERE task_uuid = $1",
            {task}
        );
    }

    std::string failure_code(const std::string& task) {
        return sql().value(
            "SELECT failure ->> 'error_code' FROM tenon.workflow_steps "
            "WHERE task_uuid = $1 AND step_no = 1",
            {task}
        );
    }

    bool started(std::size_t count) {
        return eventually([&] { return slow_.starts().size() == count; });
    }

    bool stopped(std::size_t count) {
        return eventually([&] { return slow_.stops().size() == count; });
    }

    /// Cancels tasks whose handlers run, one after the other, each right after `disturb`. Returns
    /// the milliseconds until each handler knew, in order: from before the statement that cancels
    /// is sent until the handler's own reaction, with everything that lies between.
    std::vector<double> measure(const HostProcess& worker, const std::function<void()>& disturb) {
        std::mt19937 random(1);
        std::vector<double> waits;
        for (std::size_t round = 0; round < rounds; ++round) {
            const auto task = submit("patient", round % 2 == 0 ? "" : R"(, "polls": true)");
            EXPECT_TRUE(started(round + 1)) << worker.log();
            // Any moment of a handler's life; nothing is waited for.
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 120));
            disturb();
            const auto asked_at = SystemClock::now();
            cancel(task);
            EXPECT_TRUE(stopped(round + 1)) << worker.log();
            for (const auto& [step, stopped_at] : slow_.stops()) {
                if (stopped_at > asked_at) {
                    const std::chrono::duration<double, std::milli> wait = stopped_at - asked_at;
                    waits.push_back(wait.count());
                }
            }
            EXPECT_TRUE(eventually([&] { return states(task) == "cancelled cancelled"; }))
                << states(task) << worker.log();
            EXPECT_EQ(task_state(sql(), task), "cancelled");
        }
        EXPECT_THAT(waits, SizeIs(rounds));
        std::ranges::sort(waits);
        return waits;
    }

    static void print(const std::string& what, const std::vector<double>& waits) {
        std::cout << what << ": handlers knew after " << waits.at(waits.size() / 2)
                  << " ms (median), " << waits.back() << " ms (longest)" << std::endl;
    }

    const SlowWorkflows slow_;
};

class CancelInMode : public Cancel, public ::testing::WithParamInterface<const char*> {};

TEST_P(CancelInMode, ReachesARunningHandlerWithinATenthOfASecond) {
    const auto worker = host({"--mode", GetParam()});
    const auto waits = measure(*worker, [] {});
    print(GetParam(), waits);
    EXPECT_LE(waits.back(), reach_limit.count());
    EXPECT_THAT(slow_.starts(), SizeIs(rounds)) << "a successor ran, or an attempt was repeated";
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Modes,
    CancelInMode,
    ::testing::Values("Hybrid", "PollingOnly", "EventDrivenOnly"),
    [](const auto& info) { return info.param; }
);

// The notification falls into the moment in which nobody listens.
TEST_F(Cancel, ReachesARunningHandlerAlthoughTheListenerIsAway) {
    const auto worker = host({"--mode", "Hybrid"});
    const auto waits = measure(*worker, [this] {
        sql().value(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'tenon listener'"
        );
    });
    print("without a listener", waits);
    EXPECT_LE(waits.back(), reach_limit.count());
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Cancel, ReachesEveryHandlerOfTheTaskAndNoOther) {
    const auto worker = host();
    const auto doomed = submit("patient");
    const auto spared = submit("patient");
    ASSERT_TRUE(started(2)) << worker->log();
    cancel(doomed);
    ASSERT_TRUE(stopped(1)) << worker->log();
    EXPECT_TRUE(eventually([&] { return states(doomed) == "cancelled cancelled"; }));
    EXPECT_EQ(states(spared), "in_progress pending");
    cancel(spared);
    EXPECT_TRUE(eventually([&] { return states(spared) == "cancelled cancelled"; }));
    EXPECT_THAT(slow_.starts(), Each(Pair(::testing::_, 1)));
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

// What a handler made of its step before it could be stopped has happened: it is kept.
TEST_F(Cancel, KeepsWhatAHandlerMadeThatDidNotListen) {
    const auto worker = host();
    slow_.submit(sql(), "chain", 1, 500ms);
    ASSERT_TRUE(started(1)) << worker->log();
    const auto task = sql().value("SELECT task_uuid FROM tenon.tasks");
    cancel(task);
    EXPECT_EQ(task_state(sql(), task), "cancelled");
    EXPECT_TRUE(eventually([&] { return states(task) == "complete cancelled cancelled cancelled"; })
    ) << states(task);
    EXPECT_EQ(slow_.start_count(), 1);
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Cancel, GivesBackWhatHasNotBegun) {
    const auto worker = host({"--slots", "64"});
    // Far more than can have threads at once: some are claimed and wait when the request comes.
    slow_.submit(sql(), "fan", handlers, 300ms);
    ASSERT_TRUE(eventually([&] { return slow_.start_count() > handlers; })) << worker->log();
    const auto tasks = sql().rows("SELECT task_uuid FROM tenon.tasks");
    for (const auto& row : tasks) {
        cancel(row.front().value());
    }
    EXPECT_TRUE(eventually([&] {
        return sql().value(
                   "SELECT count(*) FROM tenon.workflow_steps "
                   "WHERE state NOT IN ('complete', 'cancelled')"
               ) == "0";
    })) << worker->log();
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE state = 'complete'"),
        std::to_string(slow_.start_count())
    ) << "the handlers that began, and no others";
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Cancel, ByATimeLimitIsAFailureThatTheTemplateJudges) {
    const auto worker = host();
    const auto task = submit("strict");
    ASSERT_TRUE(stopped(1)) << worker->log();
    EXPECT_TRUE(eventually([&] { return states(task) == "error"; }));
    EXPECT_EQ(failure_code(task), "handler_timeout");
    const auto took = std::stoi(sql().value("SELECT execution_us FROM tenon.workflow_steps"));
    EXPECT_GE(took, 1'000'000);
    EXPECT_LE(took, 1'500'000);
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Cancel, AHandlerThatIgnoresItsTimeLimitIsSettledWithoutIt) {
    const auto worker = host({"--stop-ms", "100"});
    slow_.submit(sql(), "stubborn", 1, 7s);
    const auto task = sql().value("SELECT task_uuid FROM tenon.tasks");
    EXPECT_TRUE(eventually([&] { return states(task) == "error"; })) << worker->log();
    EXPECT_EQ(failure_code(task), "handler_timeout");
    const auto took = std::stoi(sql().value("SELECT execution_us FROM tenon.workflow_steps"));
    EXPECT_GE(took, 6'000'000);
    EXPECT_LT(took, 7'000'000) << "nobody waited for the handler";

    // It ends after all, and nothing comes of that but a count.
    EXPECT_TRUE(eventually([&] {
        return sql().value("SELECT stats ->> 'late' FROM tenon.hosts") == "1";
    })) << worker->log();
    EXPECT_TRUE(worker->logged("ended after it had been given up"));
    EXPECT_EQ(states(task), "error");
    EXPECT_EQ(worker->stop(), 0) << worker->log();
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Cancel, AtShutdownAsksThoseThatWouldNotEndInTime) {
    auto worker = host({"--stop-ms", "200"});
    const auto task = submit("patient");
    ASSERT_TRUE(started(1)) << worker->log();
    EXPECT_EQ(worker->stop(), 0) << worker->log();
    EXPECT_THAT(slow_.stops(), SizeIs(1));
    EXPECT_TRUE(worker->logged("1 cancelled of which 1 given back, 0 unsettled")) << worker->log();
    EXPECT_TRUE(worker->logged(" stopped\n"));
    EXPECT_EQ(states(task), "enqueued pending");
    EXPECT_EQ(sql().value("SELECT max(attempts) FROM tenon.workflow_steps"), "0")
        << "that its host went is not the step's fault";

    // Nothing was lost: the step runs again elsewhere, as the same attempt.
    worker = host();
    EXPECT_TRUE(eventually([&] { return slow_.start_count() == 2; })) << worker->log();
    EXPECT_THAT(slow_.starts(), SizeIs(1));
    cancel(task);
    EXPECT_TRUE(eventually([&] { return states(task) == "cancelled cancelled"; }));
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
