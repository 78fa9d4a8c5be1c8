// Which build of a plugin ran an attempt, as the audit trail tells it.

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tenon {
namespace {

using testing::failed;
using testing::given_back;
using testing::succeeded;
using testing::TestHost;
using Json = nlohmann::json;

class BuildsTest : public testing::StepPathTest,
                   public ::testing::WithParamInterface<DispatchProfile> {
protected:
    BuildsTest() {
        enroll(testing::chain(2));
        task = submit("chain");
        host.presence().record_plugins(
            host.id(),
            {{.generation = 3, .plugin = "com.example.tea", .version = "1.4.0", .sha256 = "ab12"},
             {.generation = 5, .plugin = "com.example.tea", .version = "1.5.0", .sha256 = "cd34"}}
        );
    }

    static SettledStep ran_on(std::int32_t generation, SettledStep step) {
        step.generation = generation;
        return step;
    }

    /// The changes of the first step that its handler made.
    std::vector<Json> endings() {
        const auto audit = Json::parse(sql().value(
            "SELECT tenon.step_transitions_document(tenon.step_uuid($1, 1))", {task.to_string()}
        ));
        std::vector<Json> found;
        for (const auto& change : audit) {
            if (change["from_state"] == "in_progress") {
                found.push_back(change);
            }
        }
        return found;
    }

    TestHost host{conninfo(), GetParam()};
    TaskId task;
};

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    BuildsTest,
    ::testing::Values(DispatchProfile::direct, DispatchProfile::queued),
    [](const auto& info) { return std::string(to_string(info.param)); }
);

const Json first_build{
    {"generation", 3},
    {"id", "com.example.tea"},
    {"version", "1.4.0"},
    {"sha256", "ab12"}
};
const Json second_build{
    {"generation", 5},
    {"id", "com.example.tea"},
    {"version", "1.5.0"},
    {"sha256", "cd34"}
};

TEST_P(BuildsTest, ASuccessIsToldByItsBuild) {
    host.settle({ran_on(3, succeeded(host.claim(1).at(0)))});
    ASSERT_EQ(endings().size(), 1U);
    EXPECT_EQ(endings()[0]["plugin"], first_build);
}

TEST_P(BuildsTest, AFailureIsToldByItsBuild) {
    auto failure = testing::ordinary_failure();
    failure.retryable = false;
    host.settle({ran_on(5, failed(host.claim(1).at(0), failure))});
    ASSERT_EQ(endings().size(), 1U);
    EXPECT_EQ(endings()[0]["plugin"], second_build);
}

TEST_P(BuildsTest, AStepThatGoesBackForANewBuildSaysSoAndCountsNoAttempt) {
    auto back = ran_on(3, given_back(host.claim(1).at(0)));
    back.outcome = GivenBack{GivenBack::Reason::reload};
    host.settle({back});
    ASSERT_EQ(endings().size(), 1U);
    EXPECT_EQ(endings()[0]["plugin"], first_build);
    EXPECT_EQ(endings()[0]["reason"], "stopped for a newer build");
    const auto again = host.claim(1).at(0);
    EXPECT_EQ(again.attempt, 1);
    host.settle({ran_on(5, succeeded(again))});
    ASSERT_EQ(endings().size(), 2U);
    EXPECT_EQ(endings()[1]["plugin"], second_build);
}

TEST_P(BuildsTest, WhatNoHandlerRanNamesNoBuild) {
    host.settle({given_back(host.claim(1).at(0))});
    ASSERT_EQ(endings().size(), 1U);
    EXPECT_EQ(endings()[0]["plugin"], nullptr);
    EXPECT_EQ(endings()[0]["reason"], "given back unstarted");
}

// The database was away when the build became active: its row comes late, or never.
TEST_P(BuildsTest, ABuildThatWasNotWrittenDownIsToldByItsGeneration) {
    host.settle({ran_on(9, succeeded(host.claim(1).at(0)))});
    ASSERT_EQ(endings().size(), 1U);
    EXPECT_EQ(endings()[0]["plugin"]["generation"], 9);
    EXPECT_EQ(endings()[0]["plugin"]["sha256"], nullptr);
    host.presence().record_plugins(
        host.id(), {{.generation = 9, .plugin = "late", .version = "2", .sha256 = "ef56"}}
    );
    EXPECT_EQ(endings()[0]["plugin"]["sha256"], "ef56");
}

TEST_P(BuildsTest, ARowOnceWrittenStaysAsItIs) {
    host.presence().record_plugins(
        host.id(), {{.generation = 3, .plugin = "other", .version = "0", .sha256 = "00"}}
    );
    EXPECT_EQ(sql().value("SELECT sha256 FROM tenon.host_plugins WHERE generation = 3"), "ab12");
}

// Builds outlive their host's row, and go when no transition that is left can name them.
TEST_P(BuildsTest, GoWithTheLastPeriodThatMayNameThem) {
    host.settle({ran_on(3, succeeded(host.claim(1).at(0)))});
    sql().exec(
        "UPDATE tenon.hosts SET state = 'retired', beat_at = clock_timestamp() - interval '8 d'"
    );
    sql().exec("SELECT tenon.resume_stale(0)");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.hosts"), "0");
    ASSERT_EQ(endings().size(), 1U);
    EXPECT_EQ(endings()[0]["plugin"], first_build);
    sql().exec("UPDATE tenon.host_plugins SET left_at = left_at - interval '1 y'");
    sql().exec("SELECT tenon.make_period('2020-01-01Z', '2020-01-02Z')");
    sql().exec("SELECT tenon.maintain('30 days')");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.host_plugins"), "0");
}

}  // namespace
}  // namespace tenon
