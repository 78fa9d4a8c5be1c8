-- What `tenon bench --backlog` fills a database with: rows as the product writes them, many at
-- once. Each `-- name:` becomes tenon::sql::bench_backlog::<name>.

-- name: prepare
-- For a session that fills: nothing of it needs to survive a crash of the server.
SELECT set_config('synchronous_commit', 'off', false);

-- name: make_periods
-- Periods for the days before the first one, so that history lies where it would. $1 days integer
SELECT tenon.make_period(d, d + interval '1 day')
FROM (SELECT min(p.begins) AS first FROM tenon.periods AS p) AS f
CROSS JOIN LATERAL generate_series(f.first - $1::integer * interval '1 day',
                                   f.first - interval '1 day', interval '1 day') AS d;

-- name: template_id
-- $1 namespace, $2 name → template_id
SELECT (tenon.find_template($1, $2, NULL)).template_id;

-- name: fill_retrying
-- Tasks whose first step is done and whose second waits for its next attempt, an hour and more from
-- now. $1 template_id integer, $2 how many integer
WITH fresh AS MATERIALIZED (
    SELECT (lpad(to_hex(n.tick >> 12), 12, '0') || '7' || lpad(to_hex(n.tick & 4095), 3, '0')
            || substr(gen_random_uuid()::text, 20, 13) || '0000')::uuid AS task_uuid,
           n.at
    FROM (SELECT m.at, floor(extract(epoch FROM m.at) * 4096000)::bigint AS tick
          FROM (SELECT clock_timestamp() - random() * interval '1 hour' AS at
                FROM generate_series(1, $2::integer)) AS m) AS n
), tasks AS (
    INSERT INTO tenon.tasks
        (task_uuid, template_id, state, waiting_on, created_at, initiator, source_system, context)
    SELECT f.task_uuid, t.template_id, 'steps_in_process', t.sink_count, f.at, 'bench',
           'tenon bench', '{}'
    FROM fresh AS f
    CROSS JOIN tenon.task_templates AS t
    WHERE t.template_id = $1::integer
), steps AS (
    INSERT INTO tenon.workflow_steps
        (task_uuid, step_no, state, waiting_on, attempts, claimed_at, settled_at, execution_us,
         successors, result, failure)
    SELECT f.task_uuid, s.step_no,
           CASE s.step_no WHEN 1 THEN 'complete' WHEN 2 THEN 'waiting_for_retry'
                          ELSE 'pending' END::tenon.step_state,
           CASE WHEN s.step_no <= 2 THEN 0 ELSE 1 END,
           CASE WHEN s.step_no <= 2 THEN 1 ELSE 0 END,
           CASE WHEN s.step_no <= 2 THEN f.at END,
           CASE WHEN s.step_no <= 2 THEN f.at END,
           CASE WHEN s.step_no <= 2 THEN 100 END,
           s.successors,
           CASE WHEN s.step_no = 1 THEN '{}'::json END,
           CASE WHEN s.step_no = 2 THEN '{"message": "not yet", "error_type": "RetryableError",
               "error_code": "NOT_YET", "retryable": true}'::json END
    FROM fresh AS f
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = $1::integer
), task_audit AS (
    INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, at)
    SELECT f.task_uuid, 'pending', 'steps_in_process',
           '{initializing,enqueuing_steps}'::tenon.task_state[], f.at
    FROM fresh AS f
), step_audit AS (
    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, attempt, host_id, at, via)
    SELECT f.task_uuid, a.step_no, a.from_state, a.to_state, a.attempt, 0, f.at, a.via
    FROM fresh AS f
    CROSS JOIN (VALUES
        (1, 'pending'::tenon.step_state, 'enqueued'::tenon.step_state, 0, NULL::tenon.step_state[]),
        (1, 'enqueued', 'in_progress', 1, NULL),
        (1, 'in_progress', 'complete', 1, '{enqueued_for_orchestration}'),
        (2, 'pending', 'in_progress', 1, '{enqueued}'),
        (2, 'in_progress', 'waiting_for_retry', 1, '{enqueued_as_error_for_orchestration}'))
        AS a (step_no, from_state, to_state, attempt, via)
)
INSERT INTO tenon.due (task_uuid, step_no, due_at)
SELECT f.task_uuid, 2, f.at + interval '2 hours' + random() * interval '1 day'
FROM fresh AS f;

-- name: fill_queued
-- Tasks whose first step waits on the queue of the backlog's namespace for a host that serves it.
-- $1 template_id integer, $2 how many integer
WITH fresh AS MATERIALIZED (
    SELECT (lpad(to_hex(n.tick >> 12), 12, '0') || '7' || lpad(to_hex(n.tick & 4095), 3, '0')
            || substr(gen_random_uuid()::text, 20, 13) || '0000')::uuid AS task_uuid,
           n.at
    FROM (SELECT m.at, floor(extract(epoch FROM m.at) * 4096000)::bigint AS tick
          FROM (SELECT clock_timestamp() - random() * interval '1 hour' AS at
                FROM generate_series(1, $2::integer)) AS m) AS n
), tasks AS (
    INSERT INTO tenon.tasks
        (task_uuid, template_id, state, waiting_on, created_at, initiator, source_system, context)
    SELECT f.task_uuid, t.template_id, 'steps_in_process', t.sink_count, f.at, 'bench',
           'tenon bench', '{}'
    FROM fresh AS f
    CROSS JOIN tenon.task_templates AS t
    WHERE t.template_id = $1::integer
), steps AS (
    INSERT INTO tenon.workflow_steps (task_uuid, step_no, state, waiting_on, successors)
    SELECT f.task_uuid, s.step_no,
           CASE WHEN s.dependencies = '{}' THEN 'enqueued' ELSE 'pending' END::tenon.step_state,
           cardinality(s.dependencies), s.successors
    FROM fresh AS f
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = $1::integer
), task_audit AS (
    INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, at)
    SELECT f.task_uuid, 'pending', 'steps_in_process',
           '{initializing,enqueuing_steps}'::tenon.task_state[], f.at
    FROM fresh AS f
), step_audit AS (
    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, attempt, at)
    SELECT f.task_uuid, 1, 'pending', 'enqueued', 0, f.at
    FROM fresh AS f
)
SELECT tenon.send_messages(
           'bench_backlog_queue', array_agg(tenon.queue_position(f.at, 0)),
           array_agg(tenon.step_message(f.task_uuid, 1, NULL)))
FROM fresh AS f;

-- name: fill_history
-- Tasks that completed some time ago and went to history. $1 template_id integer, $2 how many
-- integer, $3 days ago double, $4 within so many days double
WITH fresh AS MATERIALIZED (
    SELECT (lpad(to_hex(n.tick >> 12), 12, '0') || '7' || lpad(to_hex(n.tick & 4095), 3, '0')
            || substr(gen_random_uuid()::text, 20, 13) || '0000')::uuid AS task_uuid,
           n.at
    FROM (SELECT m.at, floor(extract(epoch FROM m.at) * 4096000)::bigint AS tick
          FROM (SELECT clock_timestamp() - ($3::double precision - i * $4::double precision / $2)
                           * interval '1 day' AS at
                FROM generate_series(1, $2::integer) AS i) AS m) AS n
), tasks AS (
    INSERT INTO tenon.tasks_history
        (task_uuid, template_id, state, waiting_on, created_at, settled_at, initiator,
         source_system, context)
    SELECT f.task_uuid, $1::integer, 'complete', 0, f.at, f.at, 'bench', 'tenon bench', '{}'
    FROM fresh AS f
), steps AS (
    INSERT INTO tenon.workflow_steps_history
        (task_uuid, step_no, state, waiting_on, attempts, host_id, claimed_at, settled_at,
         execution_us, successors, result)
    SELECT f.task_uuid, s.step_no, 'complete', 0, 1, 0, f.at, f.at, 100, s.successors, '{}'
    FROM fresh AS f
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = $1::integer
), task_audit AS (
    INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, host_id, at)
    SELECT f.task_uuid, a.from_state, a.to_state, a.via, 0, f.at
    FROM fresh AS f
    CROSS JOIN (VALUES
        ('pending'::tenon.task_state, 'steps_in_process'::tenon.task_state,
         '{initializing,enqueuing_steps}'::tenon.task_state[]),
        ('steps_in_process', 'complete', '{evaluating_results}')) AS a (from_state, to_state, via)
)
INSERT INTO tenon.workflow_step_transitions
    (task_uuid, step_no, from_state, to_state, attempt, host_id, at, via)
SELECT f.task_uuid, s.step_no, a.from_state, a.to_state, 1, 0, f.at, a.via
FROM fresh AS f
CROSS JOIN tenon.template_steps AS s
CROSS JOIN (VALUES
    ('pending'::tenon.step_state, 'in_progress'::tenon.step_state,
     '{enqueued}'::tenon.step_state[]),
    ('in_progress', 'complete', '{enqueued_for_orchestration}')) AS a (from_state, to_state, via)
WHERE s.template_id = $1::integer;

-- name: fill_recent
-- Tasks that completed within the last half hour and are still in the tables of the step path.
-- $1 template_id integer, $2 how many integer
WITH fresh AS MATERIALIZED (
    SELECT (lpad(to_hex(n.tick >> 12), 12, '0') || '7' || lpad(to_hex(n.tick & 4095), 3, '0')
            || substr(gen_random_uuid()::text, 20, 13) || '0000')::uuid AS task_uuid,
           n.at
    FROM (SELECT m.at, floor(extract(epoch FROM m.at) * 4096000)::bigint AS tick
          FROM (SELECT clock_timestamp() - random() * interval '30 minutes' AS at
                FROM generate_series(1, $2::integer)) AS m) AS n
), tasks AS (
    INSERT INTO tenon.tasks
        (task_uuid, template_id, state, waiting_on, created_at, settled_at, initiator,
         source_system, context)
    SELECT f.task_uuid, $1::integer, 'complete', 0, f.at, f.at, 'bench', 'tenon bench', '{}'
    FROM fresh AS f
), steps AS (
    INSERT INTO tenon.workflow_steps
        (task_uuid, step_no, state, waiting_on, attempts, host_id, claimed_at, settled_at,
         execution_us, successors, result)
    SELECT f.task_uuid, s.step_no, 'complete', 0, 1, 0, f.at, f.at, 100, s.successors, '{}'
    FROM fresh AS f
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = $1::integer
), task_audit AS (
    INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, host_id, at)
    SELECT f.task_uuid, a.from_state, a.to_state, a.via, 0, f.at
    FROM fresh AS f
    CROSS JOIN (VALUES
        ('pending'::tenon.task_state, 'steps_in_process'::tenon.task_state,
         '{initializing,enqueuing_steps}'::tenon.task_state[]),
        ('steps_in_process', 'complete', '{evaluating_results}')) AS a (from_state, to_state, via)
)
INSERT INTO tenon.workflow_step_transitions
    (task_uuid, step_no, from_state, to_state, attempt, host_id, at, via)
SELECT f.task_uuid, s.step_no, a.from_state, a.to_state, 1, 0, f.at, a.via
FROM fresh AS f
CROSS JOIN tenon.template_steps AS s
CROSS JOIN (VALUES
    ('pending'::tenon.step_state, 'in_progress'::tenon.step_state,
     '{enqueued}'::tenon.step_state[]),
    ('in_progress', 'complete', '{enqueued_for_orchestration}')) AS a (from_state, to_state, via)
WHERE s.template_id = $1::integer;

-- name: settle_down
-- What autovacuum does with so many new rows sooner or later.
VACUUM (ANALYZE) tenon.tasks, tenon.workflow_steps, tenon.due, tenon.task_transitions,
                 tenon.workflow_step_transitions, tenon.tasks_history,
                 tenon.workflow_steps_history, pgmq.q_bench_backlog_queue;

-- name: write_out
-- So that what follows does not pay for the writing.
CHECKPOINT;
