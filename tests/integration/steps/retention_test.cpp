#include "database/repositories/task_repository.hpp"
#include "step_path_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tenon {
namespace {

using nlohmann::json;
using testing::TestHost;

/// What people still read of a task after it ended, and what is left of it after its period.
class RetentionTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    /// A task as if it had been submitted `days` ago: all its rows have a UUID of that time.
    TaskId submit_old(const std::string& name, int days) {
        const auto task = submit(name).to_string();
        const auto old = sql().value(
            "SELECT (tenon.new_task_uuids(now() - make_interval(days => $1), 1))[1]",
            {std::to_string(days)}
        );
        for (const std::string table :
             {"tasks", "workflow_steps", "task_transitions", "workflow_step_transitions"}) {
            sql().rows(
                "UPDATE tenon." + table + " SET task_uuid = $1 WHERE task_uuid = $2", {old, task}
            );
        }
        sql().rows(
            "UPDATE pgmq.q_steps_queue SET message = tenon.step_message($1, 1, NULL) "
            "WHERE message ->> 'task_uuid' = $2",
            {old, task}
        );
        return TaskId::parse(old);
    }

    /// Makes the period of that day; returns its name.
    std::string period_of(int days) {
        return sql().value(
            "SELECT tenon.make_period(date_trunc('day', now()) - make_interval(days => $1), "
            "date_trunc('day', now()) - make_interval(days => $1 - 1))",
            {std::to_string(days)}
        );
    }

    int archive(const std::string& settled_for = "0 s") {
        return std::stoi(
            sql().value("SELECT moved FROM tenon.archive_tasks(NULL, 1000, $1)", {settled_for})
        );
    }

    json maintain(const std::string& keep = "30 days") {
        return json::parse(sql().value("SELECT tenon.maintain($1)", {keep}));
    }
};

TEST_F(RetentionTest, AnEndedTaskIsReadTheSameInHistory) {
    enroll(testing::diamond());
    const auto task = submit("diamond", R"({"n":  1.10})");
    host.work_off();
    const auto open = submit("diamond");
    ASSERT_EQ(task_state(task), "complete");
    database::TaskRepository tasks(pool());
    const auto before = tasks.document(task).value();
    const auto audit = tasks.step_audit(step_id(task, 1));
    EXPECT_GT(json::parse(audit).size(), 1U);

    EXPECT_EQ(archive("1 hour"), 0) << "it ended a moment ago";
    EXPECT_EQ(archive(), 1);
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.tasks WHERE task_uuid = $1", {task.to_string()}),
        "0"
    );
    EXPECT_EQ(
        sql().value(
            "SELECT count(*) FROM tenon.workflow_steps WHERE task_uuid = $1", {task.to_string()}
        ),
        "0"
    );
    EXPECT_EQ(tasks.document(task).value(), before);
    EXPECT_EQ(tasks.step_audit(step_id(task, 1)), audit);
    EXPECT_EQ(tasks.step_named(task, "left"), step_id(task, 2));
    EXPECT_TRUE(tasks.document(open));
}

TEST_F(RetentionTest, APeriodIsDroppedWithEverythingOfItButNeverWithAnOpenTask) {
    enroll(testing::chain(1));
    const auto name = period_of(40);
    const auto ended = submit_old("chain", 40);
    host.work_off();
    const auto open = submit_old("chain", 40);
    ASSERT_EQ(archive(), 1);
    ASSERT_EQ(sql().value("SELECT count(*) FROM tenon.tasks_history_" + name), "1")
        << "history lies in the period of the submission";

    auto done = maintain();
    EXPECT_EQ(done.at("open"), json::array({name}));
    EXPECT_EQ(done.at("dropped"), json::array());
    database::TaskRepository tasks(pool());
    EXPECT_TRUE(tasks.document(ended));
    EXPECT_EQ(task_state(open), "steps_in_process");

    ASSERT_EQ(host.work_off(), 1U) << "however old, it can go on";
    ASSERT_EQ(archive(), 1);
    EXPECT_EQ(maintain("90 days").at("dropped"), json::array()) << "not older than what is kept";
    EXPECT_EQ(maintain().at("dropped"), json::array({name}));
    EXPECT_FALSE(tasks.document(ended));
    EXPECT_FALSE(tasks.document(open));
    EXPECT_EQ(tasks.step_audit(step_id(open, 1)), "[]");
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM pg_class WHERE relname LIKE '%' || $1", {name}), "0"
    );
}

TEST_F(RetentionTest, AnIdempotencyKeyIsFreeOnceItsTaskIsDropped) {
    enroll(testing::chain(1));
    period_of(40);
    const auto task = submit_old("chain", 40);
    sql().rows(
        "INSERT INTO tenon.task_identities SELECT tenon.identity_hash(t, '{}', 'key'), $1 "
        "FROM tenon.task_templates AS t",
        {task.to_string()}
    );
    const auto submit_again = [this] {
        return sql().value(
            "SELECT tenon.submit('steps', 'chain', ring => false, idempotency_key => 'key')"
        );
    };
    EXPECT_EQ(submit_again(), task.to_string());
    host.work_off();
    archive();
    EXPECT_EQ(submit_again(), task.to_string()) << "history still knows it";
    ASSERT_EQ(maintain().at("dropped").size(), 1U);
    EXPECT_NE(submit_again(), task.to_string());
}

TEST_F(RetentionTest, APendingDeadLetterOutlivesItsTask) {
    enroll(testing::chain(1));
    period_of(40);
    const auto task = submit_old("chain", 40);
    host.work_off();
    const auto entry = sql().value("SELECT tenon.dlq_add($1, 'me', 'wrong')", {task.to_string()});
    archive();
    ASSERT_EQ(maintain().at("dropped").size(), 1U);
    const auto document = json::parse(sql().value("SELECT tenon.dlq_document($1)", {entry}));
    EXPECT_EQ(document.at("task_state"), nullptr);
    EXPECT_EQ(document.at("task_snapshot").at("status"), "complete");
}

}  // namespace
}  // namespace tenon
