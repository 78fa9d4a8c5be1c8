// Whatever runs for each step, each submission and each look for work: it finds its rows by an
// index, on tables that are empty and on tables that are large.

#include "plan_reports.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ReportingSession;

class HotPlansTest : public testing::StepPathTest {
protected:
    void SetUp() override {
        enroll(testing::diamond());
        ASSERT_EQ(sql().value("SHOW is_superuser"), "on") << "auto_explain needs a superuser";
    }

    /// Two hundred thousand steps on their way, and fifty thousand rows and more in every other
    /// table that grows with them or with the templates.
    void fill() {
        sql().exec(R"(
            INSERT INTO tenon.task_templates (namespace, name, version, content_hash, definition,
                                              sink_count)
            SELECT 'steps', 'other_' || i, '1.0.0', '', '{}', 1
            FROM generate_series(1, 10000) AS i;
            INSERT INTO tenon.template_steps
            SELECT o.template_id, s.step_no + 4 * n, s.name || n, s.callable, s.level,
                   s.dependencies, s.successors, s.ancestors, s.retryable, s.max_attempts,
                   s.non_retryable, s.backoff, s.backoff_base_ms, s.max_backoff_ms, s.timeout_ms,
                   s.publishes
            FROM tenon.task_templates AS o
            CROSS JOIN generate_series(0, 2) AS n
            JOIN tenon.task_templates AS d ON d.name = 'diamond'
            JOIN tenon.template_steps AS s ON s.template_id = d.template_id
            WHERE o.name LIKE 'other%';
            SELECT tenon.submit_batch(
                'steps', 'diamond', array_fill('{}'::json, ARRAY[50000]), ring => false,
                idempotency_keys => (SELECT array_agg('key ' || i)
                                     FROM generate_series(1, 50000) AS i));
            INSERT INTO tenon.due
            SELECT t.task_uuid, n, now() + interval '1 day'
            FROM tenon.tasks AS t CROSS JOIN generate_series(1, 2) AS n;
            INSERT INTO tenon.step_progress
            SELECT s.task_uuid, s.step_no, 1, NULL, '', now()
            FROM tenon.workflow_steps AS s WHERE s.step_no > 1;
            INSERT INTO pgmq.q_orchestration_task_requests (vt, message)
            SELECT now(), '{}' FROM generate_series(1, 100000);
            ANALYZE)");
        ASSERT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps"), "200000");
        ASSERT_EQ(sql().value("SELECT count(*) FROM tenon.task_identities"), "50000");
        ASSERT_EQ(sql().value("SELECT count(*) FROM tenon.template_steps"), "120004");
    }

    /// What a worker's lane sends, with limits too, and the calls beside it.
    std::string worker_reports() {
        submit_many("diamond", 6);
        ReportingSession session(conninfo());
        session.exec(R"(
            CREATE TEMP TABLE me AS SELECT tenon.register_host('test', '{worker}', '0') AS id;
            CREATE TEMP TABLE claim AS
            SELECT a.* FROM me, LATERAL tenon.advance(
                me.id, '{}', '{}', '{}', '{}', '{}', '{}', '{steps_queue}', '{}', 4) AS a)");
        session.exec(R"(
            CREATE TEMP TABLE next AS
            SELECT a.*
            FROM me, (SELECT array_agg(task_uuid) AS tasks, array_agg(step_no) AS steps,
                             array_agg(attempt) AS attempts FROM claim) AS c,
            LATERAL tenon.advance(
                me.id, c.tasks, c.steps, c.attempts, '{1,1,1,1}',
                ARRAY['{}', '{}', NULL, NULL]::json[],
                ARRAY[NULL, NULL, '{"message": "m"}', NULL]::json[],
                '{steps_queue}', '{999}', 9) AS a)");
        session.exec(R"(
            SELECT a.*
            FROM me, (SELECT array_agg(task_uuid) AS tasks, array_agg(step_no) AS steps,
                             array_agg(attempt) AS attempts, array_agg('{}'::json) AS results,
                             array_agg(NULL::json) AS failures, array_agg(1::bigint) AS times
                      FROM next WHERE kind = 's' AND step_no > 1) AS c,
            LATERAL tenon.advance(
                me.id, c.tasks, c.steps, c.attempts, c.times, c.results, c.failures,
                '{steps_queue}', '{}', 9,
                p_limits => '{"steps": [{"template_id": 1, "step_no": 1, "handler": 1}],
                              "free": [1]}') AS a)");
        session.exec(R"(
            SELECT n.*
            FROM me, (SELECT array_agg((message ->> 'task_uuid')::uuid) AS tasks,
                             array_agg(1) AS steps, array_agg(NULL::uuid) AS correlations,
                             array_agg(msg_id) AS ids
                      FROM (SELECT * FROM pgmq.q_steps_queue
                            WHERE vt < now() ORDER BY vt LIMIT 2) AS q) AS c,
            LATERAL tenon.claim_named_steps(
                me.id, c.tasks, c.steps, c.correlations, 'steps_queue', c.ids, 1) AS n)");
        session.exec(R"(
            SELECT tenon.save_checkpoint(me.id, c.task_uuid, c.step_no, c.attempt, '1'),
                   tenon.report_progress(me.id, json_build_array(json_build_object(
                       'task_uuid', c.task_uuid, 'step_no', c.step_no, 'attempt', c.attempt,
                       'message', 'm'))),
                   tenon.ended_tasks(ARRAY[c.task_uuid])
            FROM me, claim AS c)");
        return session.reports();
    }

    /// What clients and the orchestration role send, on sessions without any setting.
    std::string client_reports() {
        ReportingSession session(conninfo(), ReportingSession::Settings::usual);
        session.exec(R"(
            CREATE TEMP TABLE submitted AS
            SELECT tenon.submit('steps', 'diamond', ring => false) AS task;
            SELECT tenon.submit('steps', 'diamond', ring => false, idempotency_key => 'another');
            SELECT tenon.submit_batch('steps', 'diamond', array_fill('{}'::json, ARRAY[20]),
                                      ring => false);
            SELECT tenon.ancestor_result(s.task, 4, 'top') FROM submitted AS s)");
        session.exec(R"(
            CREATE TEMP TABLE asked AS
            SELECT pgmq.send('orchestration_task_requests', '{}') AS id;
            SELECT p.*
            FROM asked,
            LATERAL tenon.process_task_requests(
                1, ARRAY[asked.id], ARRAY['{"namespace": "steps", "name": "diamond"}'::jsonb],
                ARRAY['{}'::json]) AS p)");
        session.exec("SELECT * FROM tenon.release_due(10)");
        return session.reports();
    }

    static void expect_run(const std::string& reports, const std::vector<std::string>& texts) {
        for (const auto& text : texts) {
            EXPECT_THAT(reports, HasSubstr(text)) << "it was not run";
        }
    }

    /// Tables that have a row for each host, namespace or template, and those of the test.
    static const std::vector<std::string>& small_tables() {
        static const std::vector<std::string> tables{
            "me", "claim", "next", "asked", "submitted", "hosts", "pg_namespace", "pg_class", "meta"
        };
        return tables;
    }

    void expect_indexes() {
        const auto worker = worker_reports();
        expect_run(
            worker,
            {"WITH settled AS",
             "WITH claimed AS",
             "WITH taken AS",
             "WITH failed AS",
             "WITH limits AS",
             "WITH wanted AS",
             "UPDATE tenon.tasks AS t",
             "INSERT INTO tenon.step_progress"}
        );
        EXPECT_THAT(testing::wasteful_scans(worker, small_tables()), IsEmpty());
        const auto client = client_reports();
        expect_run(
            client,
            {"INSERT INTO tenon.workflow_steps",
             "INSERT INTO tenon.task_identities",
             "DELETE FROM pgmq.q_orchestration_task_requests",
             "WITH ripe AS"}
        );
        EXPECT_THAT(testing::wasteful_scans(client, small_tables()), IsEmpty());
    }
};

TEST_F(HotPlansTest, OnEmptyTablesFindEveryRowByAnIndex) {
    expect_indexes();
}

TEST_F(HotPlansTest, OnLargeTablesFindEveryRowByAnIndex) {
    fill();
    expect_indexes();
}

// What these tests are for.
TEST_F(HotPlansTest, AnIndexThatIsMissingIsNoticed) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"ALTER TABLE tenon.workflow_steps DROP CONSTRAINT workflow_steps_pkey", "workflow_steps"},
        {"ALTER TABLE tenon.tasks DROP CONSTRAINT tasks_pkey", "tasks"},
        {"DROP INDEX pgmq.q_steps_queue_vt_idx", "q_steps_queue"},
    };
    for (const auto& [drop, table] : cases) {
        sql().exec(drop);
        const auto scans = testing::wasteful_scans(worker_reports(), small_tables());
        EXPECT_THAT(scans, ::testing::Contains(HasSubstr(" on " + table + " "))) << drop;
    }
    sql().exec("DROP INDEX tenon.due_due_at");
    EXPECT_THAT(
        testing::wasteful_scans(client_reports(), small_tables()),
        ::testing::Contains(HasSubstr(" on due "))
    );
}

}  // namespace
}  // namespace tenon
