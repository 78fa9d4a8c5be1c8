// Connections that PostgreSQL ends under load: nothing is lost, and nothing runs twice.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <iostream>
#include <map>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr int rounds = 8;
constexpr int tasks_a_round = 40;
constexpr std::size_t kinds = 5;  ///< Presence, pump, listener, duty of rescue, rescuer.

class BackendLoss : public DatabaseTest {
protected:
    /// How many connections of each kind the hosts have.
    std::map<std::string, int> connections() {
        std::map<std::string, int> counts;
        const auto rows = sql().rows(
            "SELECT application_name, count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'tenon%' "
            "  AND application_name <> 'tenon pool' GROUP BY 1"
        );
        for (const auto& row : rows) {
            counts[row.at(0).value()] = std::stoi(row.at(1).value());
        }
        return counts;
    }

    /// Ends one connection of that kind, whichever works right now if one does.
    void end_one(const std::string& kind) {
        EXPECT_EQ(
            sql().value(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = $1 "
                "ORDER BY state = 'active' DESC, random() LIMIT 1",
                {kind}
            ),
            "t"
        );
        ++ended_[kind];
    }

    /// Waits with work at hand: a lane that has nothing to say does not miss its connection.
    bool under_load(const std::function<bool()>& done) {
        return eventually([&] {
            slow_.submit(sql(), "single", 1, 0ms);
            return done();
        });
    }

    int sum_of_attempts() {
        return std::stoi(sql().value("SELECT sum(attempts) FROM tenon.workflow_steps"));
    }

    const SlowWorkflows slow_;
    std::map<std::string, int> ended_;
};

TEST_F(BackendLoss, LosesNothingAndRunsNothingTwice) {
    const HostProcess::Options options{
        .database_url = conninfo(),
        .plugins = SlowWorkflows::plugins(),
        .templates = slow_.templates(),
    };
    const auto one = start_host(options);
    const auto other = start_host(options);
    ASSERT_TRUE(eventually([&] { return connections().size() == kinds; })) << one->log();
    const auto whole = connections();
    for (int round = 0; round < rounds; ++round) {
        for (const auto& [kind, count] : whole) {
            slow_.submit(sql(), "chain", tasks_a_round, 2ms);
            end_one(kind);
            ASSERT_TRUE(under_load([&] { return connections() == whole; }))
                << kind << " did not come back\n"
                << one->log() << other->log();
        }
    }
    ASSERT_TRUE(eventually([&] { return open_tasks(sql()) == 0; })) << one->log() << other->log();

    const auto steps = std::stoi(sql().value("SELECT count(*) FROM tenon.workflow_steps"));
    EXPECT_GT(steps, rounds * tasks_a_round * 4);
    EXPECT_EQ(sum_of_attempts(), steps) << "nothing failed, so nothing is tried again";
    EXPECT_EQ(slow_.start_count(), steps);
    EXPECT_EQ(slow_.starts().size(), static_cast<std::size_t>(steps));
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.hosts WHERE state <> 'live'"), "0");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
    for (const auto& [kind, count] : ended_) {
        std::cout << "ended " << count << " connections '" << kind << "'" << std::endl;
    }
}

}  // namespace
}  // namespace tenon::testing
