// A fleet whose hosts are replaced one after the other while users go on submitting.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <fmt/format.h>
#include <future>
#include <iostream>
#include <thread>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr auto step_time = 5ms;
constexpr auto pause = 10ms;  ///< Between two submissions.
constexpr int burst = 3;

/// A parameter is the profile.
class RollingRestart : public DatabaseTest, public ::testing::WithParamInterface<std::string> {
protected:
    std::unique_ptr<HostProcess> host(std::size_t number) const {
        return start_host(
            {.database_url = conninfo(),
             .plugins = SlowWorkflows::plugins(),
             .templates = slow_.templates(),
             .more = {"--profile", GetParam(), "--name", fmt::format("host {}", number)}}
        );
    }

    /// Submits chains until it is told to stop; returns how many.
    int submit_until(const std::atomic<bool>& enough) const {
        SqlSession session(conninfo());
        int count = 0;
        for (; !enough; count += burst) {
            slow_.submit(session, "chain", burst, step_time);
            std::this_thread::sleep_for(pause);
        }
        return count;
    }

    std::string value(const std::string& statement) { return sql().value(statement); }

    /// Milliseconds from submission to completion of the tasks created in that time.
    std::string latencies(const std::string& begin, const std::string& end) {
        return sql().value(
            "SELECT concat_ws(', ', 'p50 ' || round(p[1]::numeric, 1) || ' ms', "
            "'p99 ' || round(p[2]::numeric, 1) || ' ms', 'max ' || round(p[3]::numeric, 1) || ' "
            "ms') "
            "FROM (SELECT percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP "
            "(ORDER BY extract(epoch FROM settled_at - created_at) * 1000) AS p "
            "FROM tenon.all_tasks WHERE created_at BETWEEN $1::timestamptz AND $2::timestamptz) AS "
            "l",
            {begin, end}
        );
    }

    const SlowWorkflows slow_;
};

TEST_P(RollingRestart, CostsNoAttemptAndNoTask) {
    std::array<std::unique_ptr<HostProcess>, 3> fleet;
    for (std::size_t i = 0; i < fleet.size(); ++i) {
        fleet.at(i) = host(i);
    }
    std::atomic<bool> enough = false;
    auto users = std::async(std::launch::async, [&] { return submit_until(enough); });
    std::this_thread::sleep_for(1s);
    const auto before = value("SELECT clock_timestamp() - interval '1 s'");
    const auto begin = value("SELECT clock_timestamp()");
    for (std::size_t i = 0; i < fleet.size(); ++i) {
        EXPECT_EQ(fleet.at(i)->stop(SIGTERM), 0) << fleet.at(i)->log();
        fleet.at(i) = host(i);
    }
    const auto end = value("SELECT clock_timestamp()");
    enough = true;
    const auto submitted = std::to_string(users.get());
    ASSERT_TRUE(eventually([&] { return open_tasks(sql()) == 0; })) << fleet.at(0)->log();

    EXPECT_EQ(value("SELECT count(*) FROM tenon.all_tasks WHERE state = 'complete'"), submitted);
    const auto steps = value("SELECT count(*) FROM tenon.all_steps");
    EXPECT_EQ(value("SELECT sum(attempts) FROM tenon.all_steps"), steps) << "an attempt failed";
    EXPECT_EQ(value("SELECT count(*) FROM tenon.all_steps WHERE failure IS NOT NULL"), "0");
    EXPECT_EQ(std::to_string(slow_.start_count()), steps);
    EXPECT_EQ(value("SELECT count(*) FROM tenon.hosts WHERE state = 'lost'"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM tenon.hosts WHERE state = 'retired'"), "3");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
    std::cout << fmt::format(
                     "{}: {} tasks of 4 steps, 0 failed attempts; submit to complete {} before, {} "
                     "during the restart of 3 hosts\n",
                     GetParam(),
                     submitted,
                     latencies(before, begin),
                     latencies(begin, end)
                 )
              << std::flush;
}

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    RollingRestart,
    ::testing::Values("direct", "queued"),
    [](const auto& profile) { return profile.param; }
);

}  // namespace
}  // namespace tenon::testing
