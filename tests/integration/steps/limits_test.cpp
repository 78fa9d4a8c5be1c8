// Hosts whose handlers may not run in every slot: what they claim, and what they leave to others.

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <map>

namespace tenon {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::succeeded;
using testing::TestHost;

class LimitsTest : public testing::StepPathTest,
                   public ::testing::WithParamInterface<DispatchProfile> {
protected:
    TestHost host{conninfo(), GetParam()};

    TemplateId enroll_single(const std::string& name) {
        return enroll(testing::workflow(name, {testing::step("only")}));
    }

    /// The first step of a template stands under the limits at these positions; 0: none.
    static std::string limited(TemplateId id, int handler, int plugin = 0, int step_no = 1) {
        const auto position = [](int at) { return at == 0 ? "null" : std::to_string(at); };
        return fmt::format(
            R"({{"template_id":{},"step_no":{},"handler":{},"plugin":{}}})",
            static_cast<std::int32_t>(id),
            step_no,
            position(handler),
            position(plugin)
        );
    }

    static std::string limits(const std::string& steps, const std::string& free) {
        return R"({"steps":[)" + steps + R"(],"free":[)" + free + "]}";
    }

    database::AdvanceReply advance(
        TestHost& by,
        const std::string& limits,
        int want,
        std::vector<SettledStep> done = {}
    ) {
        const std::vector<std::string> queues{testing::test_queue};
        return by.gateway().advance(
            {.settled = done, .queues = queues, .refused = {}, .want = want, .limits_json = limits}
        );
    }

    /// How many steps of each template one call claims.
    std::map<TemplateId, int> claim(TestHost& by, const std::string& limits, int want) {
        std::map<TemplateId, int> counts;
        for (const auto& step : advance(by, limits, want).claimed) {
            ++counts[step.template_id];
        }
        return counts;
    }
};

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    LimitsTest,
    ::testing::Values(DispatchProfile::direct, DispatchProfile::queued),
    [](const auto& info) { return info.param == DispatchProfile::direct ? "Direct" : "Queued"; }
);

using Counts = std::map<TemplateId, int>;

TEST_P(LimitsTest, BeyondItsLimitAHandlersStepsStayAndOthersGoOn) {
    const auto rare = enroll_single("rare");
    const auto plain = enroll_single("plain");
    submit_many("rare", 200);
    submit_many("plain", 30);
    const auto two = limits(limited(rare, 1), "2");
    EXPECT_EQ(claim(host, two, 50), (Counts{{rare, 2}, {plain, 30}}));
    EXPECT_EQ(queued(), "198");
    const auto none = limits(limited(rare, 1), "0");
    EXPECT_EQ(claim(host, none, 50), Counts{});
    EXPECT_EQ(queued(), "198");

    TestHost other(conninfo(), GetParam());
    EXPECT_EQ(claim(other, "", 150), (Counts{{rare, 150}})) << "another host is not concerned";
}

TEST_P(LimitsTest, OneCallTakesNoMoreThanIsWanted) {
    const auto rare = enroll_single("rare");
    const auto plain = enroll_single("plain");
    submit_many("plain", 3);
    submit_many("rare", 10);
    submit_many("plain", 10);
    const auto four = limits(limited(rare, 1), "4");
    EXPECT_EQ(claim(host, four, 5), (Counts{{plain, 3}, {rare, 2}})) << "in their order";
    EXPECT_EQ(claim(host, four, 0), Counts{});
    EXPECT_EQ(queued(), "18");
}

TEST_P(LimitsTest, WhatStandsBehindManyLimitedStepsIsFound) {
    const auto rare = enroll_single("rare");
    const auto plain = enroll_single("plain");
    submit_many("rare", 2000);
    submit_many("plain", 3);
    const auto one = limits(limited(rare, 1), "1");
    EXPECT_EQ(claim(host, one, 10), (Counts{{rare, 1}, {plain, 3}}));
}

TEST_P(LimitsTest, APluginsLimitHoldsForAllItsHandlers) {
    const auto one = enroll_single("one");
    const auto two = enroll_single("two");
    const auto plain = enroll_single("plain");
    submit_many("one", 5);
    submit_many("two", 5);
    submit_many("plain", 2);
    // Three calls of the plugin at once, of which two of `one`.
    const auto both = limits(limited(one, 2, 1) + "," + limited(two, 0, 1), "3,2");
    EXPECT_EQ(claim(host, both, 20), (Counts{{one, 2}, {two, 1}, {plain, 2}}));
}

TEST_P(LimitsTest, MessagesOfStepsThatDoNotWaitCostNoPermitsForGood) {
    const auto rare = enroll_single("rare");
    const auto tasks = submit_many("rare", 4);
    for (std::size_t i = 0; i < 3; ++i) {
        sql().rows(
            "SELECT tenon.cancel_tasks(ARRAY[$1]::uuid[], 'test', 'no need')",
            {tasks[i].to_string()}
        );
    }
    int claimed = 0;
    for (int call = 0; call < 4; ++call) {
        claimed += claim(host, limits(limited(rare, 1), "1"), 10)[rare];
    }
    EXPECT_EQ(claimed, 1);
    EXPECT_EQ(queued(), "0");
}

TEST_P(LimitsTest, TwoHostsShareWhatIsThere) {
    const auto rare = enroll_single("rare");
    submit_many("rare", 5);
    const auto two = limits(limited(rare, 1), "2");
    TestHost other(conninfo(), GetParam());
    EXPECT_EQ(claim(host, two, 50), (Counts{{rare, 2}}));
    EXPECT_EQ(claim(other, two, 50), (Counts{{rare, 2}}));
    EXPECT_EQ(queued(), "1");
}

// What somebody else is about to take is passed over, and what lies behind it is taken.
TEST_P(LimitsTest, ClaimsUnderWayElsewhereAreSkippedNotWaitedFor) {
    const auto rare = enroll_single("rare");
    submit_many("rare", 5);
    testing::SqlSession rival(conninfo());
    rival.exec("BEGIN; SELECT * FROM pgmq.q_steps_queue ORDER BY vt LIMIT 2 FOR UPDATE");
    EXPECT_EQ(claim(host, limits(limited(rare, 1), "2"), 10), (Counts{{rare, 2}}));
    rival.exec("ROLLBACK");
    EXPECT_EQ(queued(), "3");
}

TEST_P(LimitsTest, PoisonIsArchivedAndTakesNoPermit) {
    const auto rare = enroll_single("rare");
    sql().rows("SELECT pgmq.send('steps_queue', $1::jsonb)", {R"({"task_uuid": 7})"});
    submit_many("rare", 2);
    EXPECT_EQ(claim(host, limits(limited(rare, 1), "2"), 10), (Counts{{rare, 2}}));
    EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.a_steps_queue"), "1");
    EXPECT_EQ(queued(), "0");
}

TEST_P(LimitsTest, ALimitedSuccessorIsNotHandedOverBeyondItsLimit) {
    const auto id = enroll(testing::fan(4));
    const auto task = submit("fan");
    std::string steps;
    for (int leaf = 2; leaf <= 5; ++leaf) {
        steps += (steps.empty() ? "" : ",") + limited(id, 1, 0, leaf);
    }
    const auto root = host.claim(1);
    ASSERT_THAT(root, SizeIs(1));
    const auto reply = advance(host, limits(steps, "2"), 10, {succeeded(root[0])});
    // In the queued profile the orchestration role releases them.
    const bool direct = GetParam() == DispatchProfile::direct;
    EXPECT_THAT(reply.claimed, SizeIs(direct ? 2 : 0)) << "by their queue, in the same call";
    EXPECT_EQ(
        step_states(task),
        direct ? "complete in_progress in_progress enqueued enqueued pending"
               : "enqueued_for_orchestration pending pending pending pending pending"
    );
    EXPECT_EQ(queued(), direct ? "2" : "0");
    expect_legal_transitions();
}

}  // namespace
}  // namespace tenon
