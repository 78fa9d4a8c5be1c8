// What a step costs a real host and a real PostgreSQL, in counts that do not depend on the machine:
// commits, round trips, bytes of write-ahead log, and bells.

#include "support/host_process.hpp"
#include "support/watched_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <thread>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;

/// A chain of no-op steps whose results have 100 bytes.
std::string chain_yaml(int length) {
    auto text =
        fmt::format("name: chain_{}\nnamespace_name: cost\nversion: 1.0.0\nsteps:\n", length);
    for (int i = 1; i <= length; ++i) {
        text += fmt::format(
            "  - {{name: s{}, dependencies: [{}], handler: "
            "{{callable: \"noop::NoopHandler\", initialization: {{bytes: 100}}}}}}\n",
            i,
            i == 1 ? "" : fmt::format("s{}", i - 1)
        );
    }
    return text;
}

/// A start, `width` steps beside each other, and one that waits for them all.
std::string fan_yaml(int width) {
    std::string text = "name: fan\nnamespace_name: cost\nversion: 1.0.0\nsteps:\n";
    std::string all;
    const auto add = [&text](const std::string& name, const std::string& dependencies) {
        text += fmt::format(
            "  - {{name: {}, dependencies: [{}], handler: {{callable: \"noop::NoopHandler\"}}}}\n",
            name,
            dependencies
        );
    };
    add("start", "");
    for (int i = 1; i <= width; ++i) {
        add(fmt::format("w{}", i), "start");
        all += fmt::format("{}w{}", i == 1 ? "" : ", ", i);
    }
    add("join", all);
    return text;
}

class StepCost : public ::testing::Test {
protected:
    struct Costs {
        double commits = 0;
        double bytes = 0;        ///< Of write-ahead log.
        double round_trips = 0;  ///< On the connections that carry steps.
        double statements = 0;   ///< On all that this host has.
    };

    StepCost() {
        for (const int length : {short_chain, long_chain}) {
            std::ofstream(fmt::format("{}/chain_{}.yaml", templates_.path(), length))
                << chain_yaml(length);
        }
        std::ofstream(templates_.path() + "/fan.yaml") << fan_yaml(fan_width);
    }

    void start(std::vector<std::string> more = {}) {
        host_ = start_host(
            {.database_url = server_.conninfo(),
             .templates = templates_.path(),
             .more = std::move(more)}
        );
    }

    SqlSession& sql() { return sql_; }

    static std::string chain(int length) { return fmt::format("chain_{}", length); }

    /// Submits `count` tasks in one transaction and wakes nobody.
    void submit(const std::string& name, int count) {
        sql().rows(
            "SELECT tenon.submit_batch('cost', $1, array_fill('{}'::json, ARRAY[$2::integer]), "
            "ring => false)",
            {name, std::to_string(count)}
        );
    }

    /// Wakes the host and waits until everything is done.
    void work_off() {
        sql().exec("SELECT pg_notify('tenon_work', 'cost')");
        await_all_complete();
    }

    void await_all_complete() {
        const auto open = "SELECT count(*) FROM tenon.tasks WHERE state <> 'complete'";
        const auto deadline = std::chrono::steady_clock::now() + 120s;
        while (sql().value(open) != "0") {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << host_->log();
            std::this_thread::sleep_for(5ms);
        }
    }

    /// What each step costs of `tasks` such chains that are submitted together, their submission
    /// excluded.
    Costs measure(int length, int tasks) {
        submit(chain(length), tasks);
        const auto before = server_.statements_by_application();
        const auto position = server_.log_position();
        work_off();
        const auto after = server_.statements_by_application();
        const auto written = server_.written_since(position);
        // But for the commit that rang the bell, which is the test's own.
        Costs costs{.commits = written.commits - 1.0, .bytes = written.bytes};
        for (const auto& [application, count] : after) {
            const auto known = before.find(application);
            const int more = count - (known == before.end() ? 0 : known->second);
            costs.round_trips += application == "tenon pump" ? more : 0;
            costs.statements += application.starts_with("tenon") ? more : 0;
        }
        for (auto* cost : {&costs.commits, &costs.bytes, &costs.round_trips, &costs.statements}) {
            *cost /= length * tasks;
        }
        std::cout << fmt::format(
            "{}a step: {:.4f} commits, {:.4f} round trips, {:.4f} statements, {:.0f} bytes of "
            "log\n",
            written.kinds,
            costs.commits,
            costs.round_trips,
            costs.statements,
            costs.bytes
        );
        return costs;
    }

    /// From now on every bell notes the transaction in which it was rung. A new function under the
    /// old name, because the server calls its own without asking what became of them.
    void note_bells() {
        sql().exec(
            "CREATE TABLE public.rung (xid xid8 NOT NULL, channel text NOT NULL);"
            "ALTER FUNCTION pg_catalog.pg_notify (text, text) RENAME TO pg_notify_unnoted;"
            "CREATE FUNCTION pg_catalog.pg_notify (p_channel text, p_payload text) RETURNS void "
            "LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO public.rung VALUES (pg_current_xact_id(), p_channel); "
            "PERFORM pg_notify_unnoted(p_channel, p_payload); END $$"
        );
    }

    /// Bells so far, and how many of them were rung by a transaction that moved a task or a step.
    std::pair<int, int> bells() {
        const auto row = sql().rows(
            "SELECT count(*), count(*) FILTER (WHERE xid::xid IN ("
            "    SELECT xmin FROM tenon.workflow_step_transitions "
            "    UNION ALL SELECT xmin FROM tenon.task_transitions)) FROM public.rung"
        );
        return {std::stoi(row.at(0).at(0).value()), std::stoi(row.at(0).at(1).value())};
    }

    static constexpr int short_chain = 4;
    static constexpr int long_chain = 100;
    static constexpr int fan_width = 200;

private:
    TemporaryDirectory templates_;
    WatchedServer server_{"cost"};
    SqlSession sql_{server_.conninfo()};
    std::unique_ptr<HostProcess> host_;
};

/// One for each profile.
class StepBells : public StepCost, public ::testing::WithParamInterface<std::string> {};

// A chain costs one call to claim its first step, and one for each of its steps.
TEST_F(StepCost, OfALoneChainIsOneCommitAndOneRoundTrip) {
    start();
    submit(chain(long_chain), 1);
    work_off();
    const auto costs = measure(long_chain, 1);
    EXPECT_LE(costs.commits, 1.01);
    EXPECT_LE(costs.round_trips, 1.05);
    EXPECT_LE(costs.statements, 1.10);
    EXPECT_LE(costs.bytes, 900);
    EXPECT_GE(costs.commits, 1) << "not everything was counted";
    EXPECT_GE(costs.round_trips, 1) << "not everything was counted";
    EXPECT_LE(measure(short_chain, 1).commits * short_chain, short_chain + 1);
}

// Ten times as many steps in flight as a batch needs to reach the goal, so that batches are large
// whoever else uses the machine.
TEST_F(StepCost, AtSaturationIsAFractionOfACommit) {
    start({"--slots", "1024"});
    submit(chain(short_chain), 2000);
    work_off();
    const auto costs = measure(short_chain, 5000);
    EXPECT_LE(costs.commits, 0.05);
    EXPECT_LE(costs.round_trips, 0.05);
    EXPECT_LE(costs.statements, 0.06);
    EXPECT_LE(costs.bytes, 950);
    EXPECT_GT(costs.commits, 0) << "nothing was counted";
    EXPECT_GT(costs.bytes, 400) << "not everything was counted";
}

// With a bell in it a commit shares its flush with no other.
TEST_P(StepBells, AreNeverRungByATransactionThatMovesSteps) {
    note_bells();
    start({"--profile", GetParam(), "--slots", "16"});
    submit("fan", 3);
    submit(chain(short_chain), 200);
    work_off();
    const auto [rung, at_work] = bells();
    EXPECT_GT(rung, 1) << "the host rings when it puts steps on a queue, and nothing was noted";
    EXPECT_EQ(
        at_work, 0
    ) << sql().value("SELECT string_agg(DISTINCT channel, ', ') FROM public.rung");
}

INSTANTIATE_TEST_SUITE_P(
    ,
    StepBells,
    ::testing::Values("direct", "queued"),
    [](const auto& profile) { return profile.param; }
);

}  // namespace
}  // namespace tenon::testing
