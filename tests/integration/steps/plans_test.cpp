#include "plan_reports.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tenon {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::ReportingSession;

/// The plans of the statements inside tenon.advance, with the settings of the gateway.
class PlansTest : public testing::StepPathTest {
protected:
    void SetUp() override {
        enroll(testing::diamond());
        ASSERT_EQ(sql().value("SHOW is_superuser"), "on") << "auto_explain needs a superuser";
    }

    /// One report of the statement that contains `text`, plan included.
    static std::string report_of(const std::string& reports, const std::string& text) {
        const std::string begin = "LOG:  duration";
        const auto found = reports.find(text);
        if (found == std::string::npos) {
            return "no statement contains " + text;
        }
        const auto first = reports.rfind(begin, found);
        return reports.substr(first, reports.find(begin, found) - first);
    }

    /// What follows `title` in a plan: the part of that CTE.
    static std::string part(const std::string& plan, const std::string& title) {
        const auto first = plan.find("CTE " + title + "\n");
        const auto next = plan.find("\n  CTE ", first + 1);
        return first == std::string::npos ? "" : plan.substr(first, next - first);
    }

    /// Every statement of the step path at least once.
    std::string run_once() {
        submit_many("diamond", 4);
        ReportingSession session(conninfo());
        session.exec(
            "CREATE TEMP TABLE me AS SELECT tenon.register_host('test', '{worker}', '0') AS id;"
            "CREATE TEMP TABLE claim AS SELECT a.* FROM me, LATERAL tenon.advance("
            "me.id, '{}', '{}', '{}', '{}', '{}', '{}', '{steps_queue}', '{}', 4) AS a"
        );
        session.exec(
            "SELECT a.* FROM me, (SELECT array_agg(task_uuid) AS tasks, array_agg(step_no) AS "
            "steps, "
            "array_agg(attempt) AS attempts FROM claim) AS c, LATERAL tenon.advance("
            "me.id, c.tasks, c.steps, c.attempts, '{1,1,1,1}', ARRAY['{}', '{}', NULL, "
            "NULL]::json[],"
            R"(ARRAY[NULL, NULL, '{"message": "m"}', NULL]::json[], '{steps_queue}', '{}', 9) AS a)"
        );
        session.exec("SELECT * FROM tenon.release_due(10)");
        return session.reports();
    }

    /// Every statement by which results go through their queue, at least once.
    std::string run_queued_once() {
        submit_many("diamond", 4);
        ReportingSession session(conninfo());
        session.exec(
            "CREATE TEMP TABLE me AS SELECT tenon.register_host('test', '{worker}', '0') AS id;"
            "CREATE TEMP TABLE claim AS SELECT a.* FROM me, LATERAL tenon.advance("
            "me.id, '{}', '{}', '{}', '{}', '{}', '{}', '{steps_queue}', '{}', 4) AS a"
        );
        session.exec(
            "SELECT a.* FROM me, (SELECT array_agg(task_uuid) AS tasks, array_agg(step_no) AS "
            "steps, array_agg(attempt) AS attempts FROM claim) AS c, LATERAL tenon.submit_results("
            "me.id, c.tasks, c.steps, c.attempts, '{1,1,1,1}', "
            "ARRAY['{}', '{}', NULL, NULL]::json[], "
            R"(ARRAY[NULL, NULL, '{"message": "m"}', '{"message": "m"}']::json[], '{}', '{}', 0))"
            " AS a"
        );
        session.exec(
            "SELECT p.* FROM me, (SELECT array_agg(q.msg_id) AS ids, array_agg(q.task) AS tasks, "
            "array_agg(q.step) AS steps, array_agg(NULL::json) AS bodies FROM (SELECT msg_id, "
            "tenon.task_of_step((message ->> 'step_uuid')::uuid) AS task, "
            "tenon.step_no_of_step((message ->> 'step_uuid')::uuid) AS step "
            "FROM pgmq.q_orchestration_step_results) AS q) AS r, "
            "LATERAL tenon.process_step_results(me.id, r.ids, r.tasks, r.steps, r.bodies) AS p"
        );
        session.exec(
            "SELECT pgmq.send('orchestration_task_finalizations', "
            "jsonb_build_object('task_uuid', task_uuid)) FROM claim"
        );
        session.exec(
            "SELECT f.* FROM me, (SELECT array_agg(msg_id) AS ids, "
            "array_agg((message ->> 'task_uuid')::uuid) AS tasks "
            "FROM pgmq.q_orchestration_task_finalizations) AS q, "
            "LATERAL tenon.process_finalizations(me.id, q.ids, q.tasks) AS f"
        );
        return session.reports();
    }

    /// A quarter of a million tasks, a million steps.
    void submit_a_million_steps() {
        for (int i = 0; i < 5; ++i) {
            sql().rows(
                "SELECT tenon.submit_batch($1, 'diamond', array_fill('{}'::json, ARRAY[50000]), "
                "ring => false)",
                {testing::test_namespace}
            );
        }
        sql().exec("ANALYZE");
        ASSERT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps"), "1000000");
    }

    static void expect_queued_index_scans(const std::string& reports) {
        for (const auto* statement :
             {"DELETE FROM pgmq.q_orchestration_step_results",
              "WITH settled AS",
              "WITH failed AS",
              "DELETE FROM pgmq.q_orchestration_task_finalizations",
              "WITH finished AS"}) {
            EXPECT_THAT(reports, HasSubstr(statement)) << "it was not run";
        }
        EXPECT_THAT(reports, HasSubstr("using workflow_steps_pkey on workflow_steps"));
        EXPECT_THAT(reports, HasSubstr("using tasks_pkey on tasks"));
        for (const auto* table : {"tasks", "workflow_steps", "template_steps"}) {
            EXPECT_THAT(reports, Not(HasSubstr(std::string("Seq Scan on ") + table + " ")));
        }
        EXPECT_THAT(reports, Not(ContainsRegex("Hash Join|Merge Join")));
    }

    static void expect_only_index_scans(const std::string& reports) {
        EXPECT_THAT(reports, HasSubstr("Index Scan using workflow_steps_pkey on workflow_steps"));
        EXPECT_THAT(reports, HasSubstr("using tasks_pkey on tasks"));
        EXPECT_THAT(reports, HasSubstr("using template_steps_pkey on template_steps"));
        EXPECT_THAT(reports, HasSubstr("using q_steps_queue_vt_idx on q_steps_queue"));
        EXPECT_THAT(reports, HasSubstr("q_steps_queue_pkey"));
        for (const auto* table : {"tasks", "workflow_steps", "template_steps", "q_steps_queue"}) {
            EXPECT_THAT(reports, Not(HasSubstr(std::string("Seq Scan on ") + table + " ")));
        }
        EXPECT_THAT(reports, Not(ContainsRegex("Hash Join|Merge Join")));
    }

    /// Two calls that unlock steps of the same tasks must lock them in the same order.
    static void expect_successors_in_key_order(const std::string& reports) {
        const auto plan = report_of(reports, "unlocked AS (");
        const auto unlocked = part(plan, "unlocked");
        const auto join = unlocked.find("Nested Loop");
        const auto sort = unlocked.find("Sort Key: ", join);
        ASSERT_NE(sort, std::string::npos) << unlocked;
        const auto key = unlocked.substr(sort, unlocked.find('\n', sort) - sort);
        EXPECT_THAT(key, MatchesRegex(R"(Sort Key: s_?[0-9]*\.task_uuid, u_?[0-9]*\.step_no)"));
        EXPECT_NE(unlocked.find("Index Scan using workflow_steps_pkey", sort), std::string::npos);
    }
};

TEST_F(PlansTest, PlansMadeOnEmptyTablesUseIndexes) {
    const auto reports = run_once();
    expect_only_index_scans(reports);
    expect_successors_in_key_order(reports);
}

TEST_F(PlansTest, PlansOfTheQueuedProfileMadeOnEmptyTablesUseIndexes) {
    expect_queued_index_scans(run_queued_once());
}

TEST_F(PlansTest, PlansMadeOnAMillionStepsUseTheSameIndexes) {
    submit_a_million_steps();
    const auto reports = run_once();
    expect_only_index_scans(reports);
    expect_successors_in_key_order(reports);
    expect_queued_index_scans(run_queued_once());
}

}  // namespace
}  // namespace tenon
