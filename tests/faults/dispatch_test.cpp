// How a host fills its slots, and what it does when it can get rid of nothing.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/unruly_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <iostream>
#include <thread>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class Dispatch : public DatabaseTest {
protected:
    std::unique_ptr<HostProcess> host(std::vector<std::string> more, std::string role = "all") {
        return start_host(
            {.database_url = conninfo(),
             .role = std::move(role),
             .plugins = UnrulyWorkflows::plugins(),
             .templates = unruly_.templates(),
             .more = std::move(more)}
        );
    }

    std::string steps(const std::string& condition) {
        return sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE " + condition);
    }

    bool await_end() {
        return eventually([&] { return open_tasks(sql()) == 0; }, 60s);
    }

    const UnrulyWorkflows unruly_;
};

// Three rounds, because others use the machine as well: a gap of the host's own making would be in
// each of them. Its connections have planned their statements before.
TEST_F(Dispatch, AFanOfSlowStepsKeepsEverySlotBusyUntilTheEnd) {
    constexpr std::size_t slots = 10;
    const auto worker = host({"--slots", std::to_string(slots)});
    unruly_.submit(sql(), "span", 100, 1ms);
    ASSERT_TRUE(await_end()) << worker->log();
    auto shortest = std::chrono::microseconds::max();
    for (int round = 0; round < 3; ++round) {
        const auto before = unruly_.calls("span").size();
        unruly_.submit(sql(), "wide", 1, 100ms);
        ASSERT_TRUE(await_end()) << worker->log();
        auto calls = unruly_.calls("span");
        ASSERT_THAT(calls, SizeIs(before + UnrulyWorkflows::leaves + 1));
        calls.erase(calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(before + 1));
        EXPECT_EQ(most_at_once(calls), static_cast<int>(slots));
        const auto gap = longest_gap(calls, slots);
        std::cout << "50 steps of 100 ms on 10 slots: the longest gap is " << gap.count() << " us"
                  << std::endl;
        shortest = std::min(shortest, gap);
    }
    EXPECT_LE(shortest, 10ms);
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

// The whole table is locked: nothing settles, so nothing is claimed either.
TEST_F(Dispatch, ResultsThatCannotLeaveStopTheClaims) {
    constexpr int slots = 8;
    constexpr int tasks = 200;
    const auto worker = host({"--slots", std::to_string(slots)});
    SqlSession blocker(conninfo());
    unruly_.submit(sql(), "span", tasks, 20ms);
    ASSERT_TRUE(eventually([&] { return unruly_.calls("span").size() > 2 * slots; }));
    blocker.exec("BEGIN; LOCK TABLE tenon.workflow_steps IN EXCLUSIVE MODE");
    // What was claimed comes to its end; then nothing begins any more.
    std::this_thread::sleep_for(500ms);
    const auto begun = unruly_.calls("span");
    const auto settled = steps("state = 'complete'");
    EXPECT_LE(static_cast<int>(begun.size()) - std::stoi(settled), slots)
        << "no more in hand than there are slots";
    std::this_thread::sleep_for(2s);
    EXPECT_EQ(unruly_.calls("span").size(), begun.size()) << "claimed without a slot";
    EXPECT_EQ(steps("state = 'complete'"), settled);
    EXPECT_LT(begun.size(), std::size_t{tasks}) << "it came too late to prove anything";
    blocker.exec("COMMIT");

    ASSERT_TRUE(await_end()) << worker->log();
    EXPECT_EQ(steps("state = 'complete' AND attempts = 1"), std::to_string(tasks));
    const auto calls = unruly_.calls("span");
    EXPECT_THAT(calls, SizeIs(tasks)) << "each began once";
    EXPECT_LE(most_at_once(calls), slots);
    EXPECT_EQ(worker->stop(), 0) << worker->log();
    EXPECT_EQ(sql().value("SELECT sum((stats ->> 'refused')::int) FROM tenon.hosts"), "0");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Dispatch, AHandlersLimitHoldsInEachHostAndOthersFillTheSlots) {
    const auto worker = host({"--slots", "50", "--name", "one"});
    unruly_.submit(sql(), "rare", 200, 10ms);
    unruly_.submit(sql(), "span", 400, 10ms);
    ASSERT_TRUE(await_end()) << worker->log();
    const auto rare = unruly_.calls("rare");
    const auto span = unruly_.calls("span");
    EXPECT_THAT(rare, SizeIs(200));
    EXPECT_THAT(span, SizeIs(400));
    EXPECT_EQ(most_at_once(rare), 2);
    const std::chrono::duration<double> rare_took = rare.back().end - rare.front().begin;
    const std::chrono::duration<double> span_took = span.back().end - span.front().begin;
    std::cout << "200 limited steps of 10 ms, two at a time: " << rare_took.count()
              << " s; 400 others beside them: " << span_took.count() << " s, " << most_at_once(span)
              << " at once" << std::endl;
    EXPECT_GT(most_at_once(span), 20) << "the slots that the limit leaves";
    EXPECT_LT(span_took.count(), rare_took.count() / 2) << "starved by what stands before them";
    EXPECT_EQ(steps("attempts = 1 AND state = 'complete'"), "600");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Dispatch, TwoHostsMayRunTwiceAsMany) {
    const auto one = host({"--slots", "50", "--name", "one"});
    const auto two = host({"--slots", "50", "--name", "two"}, "worker");
    unruly_.submit(sql(), "rare", 200, 10ms);
    ASSERT_TRUE(await_end()) << one->log() << two->log();
    EXPECT_GT(most_at_once(unruly_.calls("rare")), 2) << "the second host had none";
    EXPECT_LE(most_at_once(unruly_.calls("rare")), 4);
    EXPECT_EQ(sql().value("SELECT count(DISTINCT host_id) FROM tenon.workflow_steps"), "2");
    EXPECT_EQ(steps("attempts = 1 AND state = 'complete'"), "200");
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Dispatch, TheOperatorMayLowerALimitAndBoundAPlugin) {
    auto worker = host({"--slots", "50", "--handler-limit", "unruly::RareHandler=1"});
    unruly_.submit(sql(), "rare", 20, 5ms);
    ASSERT_TRUE(await_end()) << worker->log();
    EXPECT_EQ(most_at_once(unruly_.calls("rare")), 1);
    worker->stop();

    worker = host({"--slots", "50", "--plugin-limit", "guest.unruly=3"});
    unruly_.submit(sql(), "span", 60, 5ms);
    ASSERT_TRUE(await_end()) << worker->log();
    EXPECT_EQ(most_at_once(unruly_.calls("span")), 3);
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
