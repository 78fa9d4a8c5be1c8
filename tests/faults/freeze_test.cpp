// A host that stands still beyond its lease, and then wakes up as if nothing had happened.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <iostream>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr int tasks = 8;
constexpr double take_over_limit_ms = 10'000;  ///< The lease of 8 s, and two looks.

class Freeze : public DatabaseTest {
protected:
    std::unique_ptr<HostProcess> host(const std::string& name) {
        return start_host(
            {.database_url = conninfo(),
             .plugins = SlowWorkflows::plugins(),
             .templates = slow_.templates(),
             .more = {"--name", name}}
        );
    }

    std::string live_hosts(const std::string& name) {
        return sql().value(
            "SELECT count(*) FROM tenon.hosts WHERE state = 'live' AND name = $1", {name}
        );
    }

    void expect_taken_over(const std::string& frozen_at, const HostProcess& survivor) {
        ASSERT_TRUE(eventually([&] { return open_tasks(sql()) == 0; })) << survivor.log();
        const auto longest = std::stod(sql().value(
            "SELECT max(extract(epoch FROM w.at - $1::timestamptz) * 1000) "
            "FROM tenon.workflow_step_transitions w "
            "WHERE w.to_state = 'in_progress' AND w.attempt = 2 AND w.host_id = $2::integer",
            {frozen_at, survivor.host_id()}
        ));
        std::cout << "taken over after " << longest << " ms" << std::endl;
        EXPECT_LE(longest, take_over_limit_ms);
    }

    /// Gives it handlers to run; it is the only one that can.
    void occupy(const HostProcess& sleeper) {
        slow_.submit(sql(), "single", tasks, 1500ms);
        ASSERT_TRUE(eventually([&] { return slow_.start_count() == tasks; })) << sleeper.log();
    }

    /// Every late result was really offered, refused and counted.
    void expect_refusals(const HostProcess& sleeper, const std::string& first_life) {
        const auto count = std::to_string(tasks);
        EXPECT_TRUE(eventually([&] {
            return sql().value(
                       "SELECT stats ->> 'refused' FROM tenon.hosts WHERE host_id = $1::integer",
                       {sleeper.host_id()}
                   ) == count;
        })) << sleeper.log();
        EXPECT_TRUE(eventually([&] {
            return sleeper.logged(count + " late results of host " + first_life + " were refused");
        })) << sleeper.log();
    }

    std::string completed_by(const std::string& host_id) {
        return sql().value(
            "SELECT count(*) FROM tenon.workflow_step_transitions "
            "WHERE to_state = 'complete' AND host_id = $1::integer",
            {host_id}
        );
    }

    void expect_life_after_freeze(HostProcess& sleeper, HostProcess& other) {
        const auto first_life = sleeper.host_id();
        const auto frozen_at = sql().value("SELECT clock_timestamp()");
        sleeper.freeze();
        expect_taken_over(frozen_at, other);
        EXPECT_EQ(live_hosts("sleeper"), "0");

        // Its handlers end at once, too late, and it joins anew.
        sleeper.wake();
        ASSERT_TRUE(eventually([&] { return live_hosts("sleeper") == "1"; })) << sleeper.log();
        EXPECT_TRUE(eventually([&] { return sleeper.host_id() != first_life; })) << sleeper.log();
        EXPECT_EQ(sql().value("SELECT DISTINCT attempts FROM tenon.workflow_steps"), "2");
        expect_refusals(sleeper, first_life);

        // And it is of use again, all by itself.
        EXPECT_EQ(other.stop(), 0) << other.log();
        slow_.submit(sql(), "chain", 3, 0ms);
        EXPECT_TRUE(eventually([&] { return open_tasks(sql()) == 0; })) << sleeper.log();
        EXPECT_EQ(completed_by(sleeper.host_id()), "12");
        EXPECT_EQ(sleeper.stop(), 0) << sleeper.log();
        EXPECT_EQ(completed_by(first_life), "0") << "a late result was taken";
        EXPECT_THAT(audit_violations(sql()), IsEmpty());
    }

    const SlowWorkflows slow_;
};

TEST_F(Freeze, OfTheRescuerLosesTheStepsButNotTheHost) {
    const auto sleeper = host("sleeper");
    occupy(*sleeper);
    const auto other = host("other");
    expect_life_after_freeze(*sleeper, *other);
}

TEST_F(Freeze, OfAnotherLosesTheStepsButNotTheHost) {
    const auto rescuer = host("rescuer");
    const auto sleeper = host("sleeper");
    rescuer->freeze();
    occupy(*sleeper);
    rescuer->wake();
    expect_life_after_freeze(*sleeper, *rescuer);
}

// What still runs when the host wakes up is asked to stop; its results count as late, too.
TEST_F(Freeze, StopsHandlersWhoseStepsOthersHaveByNow) {
    const auto sleeper = host("sleeper");
    slow_.submit(sql(), "patient", tasks, 60s);
    ASSERT_TRUE(eventually([&] { return slow_.start_count() == tasks; })) << sleeper->log();
    const auto first_life = sleeper->host_id();
    const auto other = host("other");
    sleeper->freeze();
    ASSERT_TRUE(eventually([&] { return slow_.start_count() == 2 * tasks; })) << other->log();
    EXPECT_THAT(slow_.stops(), IsEmpty());

    sleeper->wake();
    EXPECT_TRUE(eventually([&] { return slow_.stops().size() == tasks; })) << sleeper->log();
    for (const auto& [step, at] : slow_.stops()) {
        EXPECT_THAT(step, ::testing::EndsWith(" 1")) << "the other's attempts go on";
    }
    EXPECT_TRUE(eventually([&] { return sleeper->host_id() != first_life; })) << sleeper->log();
    expect_refusals(*sleeper, first_life);
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.workflow_steps "
                    "WHERE state = 'in_progress' AND attempts = 2"),
        std::to_string(tasks)
    );
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
