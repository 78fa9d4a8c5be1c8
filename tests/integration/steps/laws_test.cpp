#include "database/notification_stream.hpp"
#include "domain/step/step_state_machine.hpp"
#include "domain/task/task_state_machine.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using testing::failed;
using testing::given_back;
using testing::succeeded;
using testing::TestHost;

/// What the SQL writes is held against what the domain allows.
class LawsTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    std::vector<std::string> labels(const std::string& type) {
        std::vector<std::string> found;
        for (const auto& row : sql().rows("SELECT unnest(enum_range(NULL::" + type + "))")) {
            found.push_back(*row.front());
        }
        return found;
    }

    /// Everything that can happen to steps and tasks on this path, at least once.
    void live_through_everything();
};

void LawsTest::live_through_everything() {
    enroll(testing::fan(5));
    enroll(testing::workflow("frail", {testing::restless("f1", 2), testing::step("f2", {"f1"})}));
    submit_many("fan", 3);
    host.settle({succeeded(host.claim(1).at(0))}, 2);
    submit_many("frail", 4);
    const auto claims = host.claim(4);
    host.settle({given_back(claims.at(0)), failed(claims.at(1), testing::ordinary_failure())});

    for (int round = 0; round < 2; ++round) {
        TestHost doomed(conninfo());
        doomed.claim(10);
        doomed.die();
        await_death(doomed);
        host.presence().rescue(host.id());
    }
    TestHost forgetful(conninfo());
    forgetful.claim(2);
    forgetful.presence().retire(forgetful.id(), {});
    host.presence().resume_stale(host.id());
    host.presence().retire(host.id(), {});
    TestHost last(conninfo());
    last.presence().resume_stale(last.id());
    release_all();
    last.work_off();
}

TEST_F(LawsTest, StatesAreSpelledAndOrderedAsInTheDomain) {
    std::vector<std::string> steps;
    for (const auto state : all_step_states) {
        steps.emplace_back(to_string(state));
    }
    EXPECT_EQ(labels("tenon.step_state"), steps);
    std::vector<std::string> tasks;
    for (const auto state : all_task_states) {
        tasks.emplace_back(to_string(state));
    }
    EXPECT_EQ(labels("tenon.task_state"), tasks);
    EXPECT_THAT(
        labels("tenon.backoff"),
        ElementsAre(
            to_string(Backoff::none),
            to_string(Backoff::linear),
            to_string(Backoff::exponential),
            to_string(Backoff::fibonacci)
        )
    );
}

TEST_F(LawsTest, EveryTransitionOnRecordIsLegal) {
    live_through_everything();
    const auto [of_steps, of_tasks] = expect_legal_transitions();
    EXPECT_EQ(of_steps, 8U);
    EXPECT_EQ(of_tasks, 3U);
}

TEST_F(LawsTest, TheRecordOfAStepHasNoGapsAndEndsInItsState) {
    live_through_everything();
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM (SELECT from_state, lag(to_state, 1, 'pending') OVER "
                    "(PARTITION BY task_uuid, step_no ORDER BY at, ctid) AS before "
                    "FROM tenon.workflow_step_transitions) AS t WHERE from_state <> before"),
        "0"
    );
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.workflow_steps AS s WHERE s.state <> coalesce(("
                    "SELECT t.to_state FROM tenon.workflow_step_transitions AS t "
                    "WHERE t.task_uuid = s.task_uuid AND t.step_no = s.step_no "
                    "ORDER BY t.at DESC, t.ctid DESC LIMIT 1), 'pending')"),
        "0"
    );
    EXPECT_EQ(
        sql().value(
            "SELECT count(*) FROM tenon.tasks AS s WHERE s.state <> ("
            "SELECT t.to_state FROM tenon.task_transitions AS t WHERE t.task_uuid = s.task_uuid "
            "ORDER BY t.at DESC, t.ctid DESC LIMIT 1)"
        ),
        "0"
    );
}

TEST_F(LawsTest, OnlyASubmissionThatAsksForItRings) {
    const std::vector<std::string_view> channels{"tenon_work", "tenon_due"};
    database::NotificationStream ears(conninfo(), channels);
    const auto heard_before_the_end = [&] {
        sql().exec("SELECT pg_notify('tenon_due', 'the end')");
        std::vector<std::string> payloads;
        while (payloads.empty() || payloads.back() != "the end") {
            for (const auto& heard : ears.wait(std::chrono::milliseconds(100))) {
                payloads.push_back(heard.payload);
            }
        }
        return payloads;
    };
    live_through_everything();
    submit("fan");
    EXPECT_THAT(heard_before_the_end(), ElementsAre("the end"));

    sql().exec("BEGIN; SELECT tenon.submit('steps', 'fan'); ROLLBACK");
    sql().exec("SELECT tenon.submit('steps', 'fan')");
    EXPECT_THAT(heard_before_the_end(), ElementsAre("steps", "the end"));
}

}  // namespace
}  // namespace tenon
