// What has ended moves to history, periods are made in time, and old ones are dropped unless a task
// of theirs is open.

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using testing::failed;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::succeeded;
using testing::TestHost;
using Json = nlohmann::json;

class HistoryTest : public testing::StepPathTest {
protected:
    HistoryTest() { enroll(testing::chain(2)); }

    std::string archive(const std::string& settled_for = "0") {
        return sql().value(
            "SELECT moved FROM tenon.archive_tasks(NULL, 1000, $1::interval)", {settled_for}
        );
    }

    std::string count(const std::string& table) {
        return sql().value("SELECT count(*) FROM tenon." + table);
    }

    Json maintain(const std::string& arguments = "") {
        return Json::parse(sql().value("SELECT tenon.maintain(" + arguments + ")"));
    }

    std::string document(TaskId task) {
        return sql().value("SELECT tenon.task_document($1)", {task.to_string()});
    }

    /// As if these tasks had been submitted `age` ago, in a period of their own of one day.
    void backdate(const std::string& age) {
        const auto moved =
            sql().value("SELECT tenon.uuid_floor(clock_timestamp() - $1::interval)", {age});
        sql().exec(
            "SELECT tenon.make_period(date_trunc('day', clock_timestamp() - interval '" + age +
            "'), date_trunc('day', clock_timestamp() - interval '" + age + "') + interval '1 day')"
        );
        for (const auto* table :
             {"tasks", "workflow_steps", "task_transitions", "workflow_step_transitions"}) {
            sql().exec("UPDATE tenon." + std::string(table) + " SET task_uuid = '" + moved + "'");
        }
        sql().exec("UPDATE tenon.tasks SET created_at = created_at - interval '" + age + "'");
        sql().exec("DELETE FROM pgmq.q_steps_queue");
        sql().rows("SELECT * FROM tenon.resend_lost_messages('steps')");
    }

    TestHost host{conninfo()};
};

TEST_F(HistoryTest, ATaskThatEndedMovesWithItsStepsAndReadsAsBefore) {
    const auto task = submit("chain", R"({"n": 1.50})");
    host.work_off();
    const auto before = document(task);
    EXPECT_EQ(archive(), "1");
    EXPECT_EQ(count("tasks"), "0");
    EXPECT_EQ(count("workflow_steps"), "0");
    EXPECT_EQ(count("tasks_history"), "1");
    EXPECT_EQ(count("workflow_steps_history"), "2");
    EXPECT_EQ(document(task), before);
    EXPECT_EQ(Json::parse(before).at("steps"), Json::parse(document(task)).at("steps"));
    EXPECT_EQ(archive(), "0");
}

TEST_F(HistoryTest, WhatIsOpenOrEndedJustNowStays) {
    submit("chain");
    const auto failing = submit("chain");
    for (const auto& claim : host.claim(2)) {
        const auto outcome = claim.task == failing ? failed(
                                                         claim,
                                                         {.message = "no",
                                                          .error_type = "E",
                                                          .error_code = "E",
                                                          .context_json = {},
                                                          .retryable = false,
                                                          .retry_after = {}}
                                                     )
                                                   : succeeded(claim);
        host.settle({outcome});
    }
    EXPECT_EQ(task_state(failing), "blocked_by_failures");
    EXPECT_EQ(archive(), "0");
    host.work_off();
    EXPECT_EQ(archive("10 minutes"), "0");
    EXPECT_EQ(archive(), "1");
    EXPECT_EQ(count("tasks"), "1");
}

TEST_F(HistoryTest, ACancelledTaskStaysWhileAHandlerOfItRuns) {
    const auto task = submit("chain");
    const auto claim = host.claim(1).at(0);
    sql().rows("SELECT * FROM tenon.cancel_tasks(ARRAY[$1::uuid], 'me', NULL)", {task.to_string()});
    EXPECT_EQ(archive(), "0");
    EXPECT_THAT(host.settle({succeeded(claim, "7")}).refused_results, IsEmpty());
    EXPECT_EQ(step_states(task), "complete cancelled");
    EXPECT_EQ(archive(), "1");
}

TEST_F(HistoryTest, ATaskInErrorStaysForAWeekSoThatItCanBeRedriven) {
    const auto task = submit("chain");
    sql().exec(
        "SELECT tenon.end_tasks(ARRAY['" + task.to_string() + "'::uuid], 'error', 'me', 'x')"
    );
    EXPECT_EQ(archive(), "0");
    sql().exec("UPDATE tenon.tasks SET settled_at = settled_at - interval '8 days'");
    EXPECT_EQ(archive(), "1");
}

TEST_F(HistoryTest, TheWalkGoesOnWhereItStopped) {
    submit_many("chain", 25);
    host.work_off();
    std::string after = "NULL";
    int moved = 0;
    int calls = 0;
    while (true) {
        const auto row =
            sql().rows("SELECT last, moved FROM tenon.archive_tasks(" + after + ", 10, '0')").at(0);
        moved += std::stoi(row.at(1).value());
        if (!row.at(0)) {
            break;
        }
        after = "'" + *row.at(0) + "'";
        ASSERT_LE(++calls, 3);
    }
    EXPECT_EQ(moved, 25);
    EXPECT_EQ(calls, 3);
}

TEST_F(HistoryTest, PeriodsAreMadeAheadAndFollowEachOther) {
    EXPECT_EQ(count("periods"), "3");
    EXPECT_THAT(maintain().at("made"), IsEmpty());
    EXPECT_EQ(
        sql().value("SELECT bool_and(begins = before) FROM (SELECT begins, lag(ends) OVER "
                    "(ORDER BY begins) AS before FROM tenon.periods) AS p WHERE before IS NOT NULL"
        ),
        "t"
    );
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.periods WHERE begins <= clock_timestamp() "
                    "AND ends > clock_timestamp()"),
        "1"
    );
}

TEST_F(HistoryTest, APeriodWithAnOpenTaskIsNeverDropped) {
    submit("chain");
    backdate("40 days");
    const auto period = sql().value("SELECT name FROM tenon.periods ORDER BY begins LIMIT 1");

    EXPECT_THAT(maintain("'30 days'").at("open"), ElementsAre(period));
    EXPECT_EQ(count("tasks"), "1");

    host.work_off();
    EXPECT_THAT(maintain("'30 days'").at("open"), ElementsAre(period)) << "not in history yet";
    EXPECT_EQ(archive(), "1");
    EXPECT_THAT(maintain("'50 days'").at("dropped"), IsEmpty());
    EXPECT_EQ(count("all_tasks"), "1");
    EXPECT_THAT(maintain("'30 days'").at("dropped"), ElementsAre(period));
    EXPECT_EQ(count("all_tasks"), "0");
    EXPECT_EQ(count("all_steps"), "0");
    EXPECT_EQ(count("workflow_step_transitions"), "0");
    EXPECT_EQ(sql().value("SELECT to_regclass('tenon.tasks_history_" + period + "')"), "NULL");
}

TEST_F(HistoryTest, RowsWithoutAPeriodWaitInTheDefaultPartitionForTheirs) {
    const auto next = sql().value("SELECT max(ends) FROM tenon.periods");
    const auto task = sql().value("SELECT tenon.uuid_floor($1::timestamptz + '1 hour')", {next});
    sql().exec(
        "INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state) "
        "VALUES ('" +
        task + "', 'pending', 'complete')"
    );
    EXPECT_EQ(count("task_transitions_default"), "1");
    const auto made =
        sql().value("SELECT tenon.make_period($1, $1::timestamptz + '1 day')", {next});
    EXPECT_EQ(count("task_transitions_default"), "0");
    EXPECT_EQ(count("task_transitions_" + made), "1");
    EXPECT_EQ(sql().value("SELECT task_uuid FROM tenon.task_transitions"), task);
}

TEST_F(HistoryTest, OneMaintainsAndTheOthersReturnAtOnce) {
    testing::SqlSession other(conninfo());
    other.exec("BEGIN");
    other.rows("SELECT tenon.maintain()");
    EXPECT_THAT(maintain().at("busy"), ElementsAre("another host is at it"));
    other.exec("COMMIT");
    EXPECT_THAT(maintain().at("busy"), IsEmpty());
}

TEST_F(HistoryTest, ARetentionThatMakesNoSenseIsRefused) {
    for (const auto* arguments : {"'-1 day'", "NULL", "'1 day', '0'", "'1 day', NULL"}) {
        try {
            maintain(arguments);
            ADD_FAILURE() << arguments << " was accepted";
        } catch (const testing::StatementRefused& refused) {
            EXPECT_EQ(refused.sqlstate(), "TN400") << arguments;
        }
    }
}

TEST_F(HistoryTest, SizesNameThePeriodOfEveryPartition) {
    submit_many("chain", 3);
    const auto rows = sql().rows(
        "SELECT relation FROM tenon.sizes() WHERE period = "
        "(SELECT name FROM tenon.periods ORDER BY begins LIMIT 1) ORDER BY relation"
    );
    ASSERT_THAT(rows, SizeIs(4));
    EXPECT_EQ(rows[0][0], "task_transitions");
    EXPECT_EQ(rows[3][0], "workflow_steps_history");
    EXPECT_EQ(
        sql().value("SELECT bool_and(bytes > 0) FROM tenon.sizes() WHERE relation = 'tasks'"), "t"
    );
}

}  // namespace
}  // namespace tenon
