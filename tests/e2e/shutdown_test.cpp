// A host that is asked to stop: in order, completely, and without losing or counting anything.

#include "support/api_contract.hpp"
#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/unruly_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class EmbeddedShutdown : public ::testing::TestWithParam<int> {
protected:
    TemporaryDirectory directory_;
    std::string data_directory_ = directory_.path() + "/data";
    HostProcess::Options options_{
        .data_directory = data_directory_,
        .templates = HostProcess::example_templates()
    };
};

TEST_P(EmbeddedShutdown, EndsTheServerAndKeepsTheData) {
    auto host = start_host(options_);
    const auto server = postmaster_of(data_directory_);
    ASSERT_GT(server, 0);
    std::string task;
    {
        SqlSession sql(embedded_conninfo(data_directory_));
        task = submit_task(sql, example_workflows().front());
        EXPECT_TRUE(eventually([&] { return task_state(sql, task) == "complete"; }));
    }
    EXPECT_EQ(host->stop(GetParam()), 0) << host->log();
    EXPECT_THAT(host->log(), HasSubstr(GetParam() == SIGTERM ? "SIGTERM" : "SIGINT"));
    EXPECT_TRUE(host->logged(" stopped\n")) << host->log();
    EXPECT_EQ(postmaster_of(data_directory_), 0);
    EXPECT_EQ(::kill(server, 0), -1) << "PostgreSQL still runs";

    host = start_host(options_);
    EXPECT_FALSE(host->logged("killed host")) << "nothing was left to put in order";
    SqlSession sql(embedded_conninfo(data_directory_));
    EXPECT_EQ(step_results(sql, task), example_workflows().front().results);
    EXPECT_EQ(sql.value("SELECT count(*) FROM tenon.hosts WHERE state = 'lost'"), "0");
}

INSTANTIATE_TEST_SUITE_P(
    Signals,
    EmbeddedShutdown,
    ::testing::Values(SIGTERM, SIGINT),
    [](const auto& info) { return info.param == SIGTERM ? "SIGTERM" : "SIGINT"; }
);

class Shutdown : public DatabaseTest {
protected:
    std::string steps(const std::string& condition) {
        return sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE " + condition);
    }

    int given_back() {
        return std::stoi(
            sql().value("SELECT count(*) FROM tenon.workflow_step_transitions "
                        "WHERE reason = 'given back unstarted'")
        );
    }
};

// More slots than threads can be made in the moment between the claim and the signal: handlers that
// began are waited for, steps whose handler did not are given back.
TEST_F(Shutdown, GivesUnstartedStepsBackWithoutCountingAnAttempt) {
    constexpr int rounds = 5;
    constexpr int tasks = 2000;
    const SlowWorkflows slow;
    const HostProcess::Options options{
        .database_url = conninfo(),
        .plugins = SlowWorkflows::plugins(),
        .templates = slow.templates(),
        .more = {"--slots", std::to_string(tasks)},
    };
    start_host(options)->stop();
    for (int round = 0; round < rounds && given_back() == 0; ++round) {
        slow.submit(sql(), "single", tasks, 300ms);
        const auto begun = slow.start_count();
        auto host = start_host(options);
        EXPECT_TRUE(eventually([&] { return slow.start_count() > begun; }));
        EXPECT_EQ(host->stop(), 0) << host->log();
        EXPECT_EQ(steps("state = 'in_progress'"), "0") << host->log();
        EXPECT_EQ(steps("state = 'enqueued' AND attempts <> 0"), "0");
        // In the queued profile the last results are looked at after the next start.
        EXPECT_EQ(
            steps("state IN ('complete', 'enqueued_for_orchestration')"),
            std::to_string(slow.start_count())
        );
    }
    EXPECT_GT(given_back(), 0) << "no stop found a step between its claim and its handler";

    const auto host = start_host(options);
    EXPECT_TRUE(eventually([&] { return open_tasks(sql()) == 0; }));
    EXPECT_EQ(sql().value("SELECT max(attempts) FROM tenon.workflow_steps"), "1");
    EXPECT_EQ(slow.start_count(), std::stoi(steps("true")));
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.hosts WHERE state = 'lost'"), "0");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

// A handler that does not end cannot keep the host: its step goes to the next one.
TEST_F(Shutdown, WaitsForHandlersOnlyWithinTheLimit) {
    const SlowWorkflows slow;
    HostProcess::Options options{
        .database_url = conninfo(),
        .plugins = SlowWorkflows::plugins(),
        .templates = slow.templates(),
        .more = {"--stop-ms", "100", "--kill-ms", "1000"},
    };
    auto host = start_host(options);
    slow.submit(sql(), "single", 1, 60s);
    ASSERT_TRUE(eventually([&] { return slow.start_count() == 1; }));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(host->stop(), 6) << host->log();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);

    options.more.clear();
    host = start_host(options);
    EXPECT_TRUE(eventually([&] { return slow.start_count() == 2; })) << host->log();
    EXPECT_EQ(steps("state = 'in_progress' AND attempts = 2"), "1");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
    host->kill_hard();
}

/// A host that is asked to stop while a handler runs that takes its time.
class ImpatientShutdown : public Shutdown {
protected:
    std::unique_ptr<HostProcess> host_with(const std::string& name) {
        auto host = start_host(options_);
        task_ = unruly_.submit(sql(), name);
        EXPECT_TRUE(eventually([&] {
            return unruly_.calls("deaf").size() + unruly_.calls("obedient").size() == 1;
        })) << host->log();
        host->send(SIGTERM);
        EXPECT_TRUE(eventually([&] { return host->logged("stopping on SIGTERM"); }));
        return host;
    }

    const UnrulyWorkflows unruly_;
    HostProcess::Options options_{
        .database_url = conninfo(),
        .plugins = UnrulyWorkflows::plugins(),
        .templates = unruly_.templates(),
        .more = {"--stop-ms", "60000", "--kill-ms", "60000"},
    };
    std::string task_;
};

TEST_F(ImpatientShutdown, IsNotReadyFromTheFirstSignalOn) {
    const auto host = host_with("obedient");
    ApiClient client({.url = host->url(), .timeout = 5s});
    const auto ready = client.get("/health/ready");
    EXPECT_EQ(ready.status, 503U);
    EXPECT_THAT(ready.body, HasSubstr("the host is stopping"));
    EXPECT_EQ(client.get("/health/live").status, 200U) << "it lives";
    // It is not ready first, and takes no more steps after that.
    EXPECT_TRUE(eventually([&] {
        const auto status = client.get("/v1/worker/status");
        return status.body.find(R"("takes_steps":false)") != std::string::npos;
    }));
    unruly_.submit(sql(), "span", 5);
    EXPECT_EQ(steps("state = 'in_progress'"), "1") << "and claims no more";
    unruly_.open_gate();
    EXPECT_TRUE(eventually([&] { return !host->running(); }));
    EXPECT_EQ(host->exit_code(), 0) << host->log();
    EXPECT_TRUE(host->logged(
        "stopped: 1 steps finished, 0 given back unstarted, 0 cancelled of which 0 given back, "
        "0 unsettled"
    )) << host->log();
    EXPECT_EQ(steps("state = 'enqueued' AND attempts = 0"), "5");
}

TEST_F(ImpatientShutdown, ASecondSignalHastens) {
    const auto host = host_with("obedient");
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(host->stop(SIGINT), 0) << host->log();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s) << "the limit is a minute";
    EXPECT_TRUE(host->logged("hastened by SIGINT")) << host->log();
    EXPECT_TRUE(host->logged("1 cancelled of which 1 given back, 0 unsettled")) << host->log();
    EXPECT_EQ(steps("state = 'enqueued' AND attempts = 0"), "1")
        << "its one attempt is still to come";
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.workflow_step_transitions "
                    "WHERE reason = 'stopped with its host'"),
        "1"
    );
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(ImpatientShutdown, AThirdSignalEndsTheHostAtOnce) {
    const auto host = host_with("eternal");
    host->send(SIGTERM);
    ASSERT_TRUE(eventually([&] { return host->logged("hastened by SIGTERM"); })) << host->log();
    EXPECT_EQ(host->stop(SIGTERM), 128 + SIGTERM) << host->log();
    EXPECT_TRUE(host->logged("ended at once by a third signal")) << host->log();

    // Like any host that died: another one takes its step.
    const auto other = start_host(options_);
    EXPECT_TRUE(eventually([&] { return task_state(sql(), task_) == "complete"; })) << other->log();
    EXPECT_EQ(steps("attempts = 2"), "1");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
