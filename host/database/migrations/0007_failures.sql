-- What happens when an attempt fails: retry, error, and what that means for the task.

-- The delay before the attempt that follows attempt `attempts`, without jitter.
CREATE FUNCTION tenon.backoff_ms(
    kind tenon.backoff, base_ms integer, max_ms integer, attempts integer
) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT least(max_ms, CASE kind
        WHEN 'none' THEN 0
        WHEN 'linear' THEN base_ms::bigint * attempts
        WHEN 'exponential' THEN base_ms::bigint * (1::bigint << least(attempts - 1, 30))
        -- Binet's formula, rounded: exact far beyond the cap of attempts.
        ELSE base_ms::bigint * round(
            power((1 + sqrt(5.0::float8)) / 2, least(attempts, 60)) / sqrt(5.0::float8))::bigint
    END)::integer
$$;

-- The delay of a retry: the handler's own wish, or the template's backoff with a jitter of ±15 %.
CREATE FUNCTION tenon.retry_delay(
    step tenon.template_steps, attempts integer, retry_after_ms bigint
) RETURNS interval
LANGUAGE sql VOLATILE AS $$
    SELECT make_interval(secs => CASE
        WHEN retry_after_ms IS NOT NULL THEN least(greatest(retry_after_ms, 0), 86400000) / 1000.0
        ELSE tenon.backoff_ms(step.backoff, step.backoff_base_ms, step.max_backoff_ms, attempts)
             * (0.85 + 0.3 * random()) / 1000.0
    END)
$$;

-- Settles tasks of which nothing can run any more because a step failed. Call it after the steps of
-- these tasks were settled: it takes the task rows' locks, so that of two settlements that race the
-- later one sees both.
CREATE FUNCTION tenon.block_tasks(p_task_uuids uuid[], p_host_id integer)
RETURNS TABLE (task_uuid uuid, state tenon.task_state)
LANGUAGE plpgsql AS $$
DECLARE
    v_failed uuid[];
BEGIN
    SELECT array_agg(f.task_uuid) INTO v_failed
    FROM (SELECT t.task_uuid, t.failed_steps, t.state
          FROM tenon.tasks AS t
          WHERE t.task_uuid = ANY (ARRAY(SELECT u FROM unnest(p_task_uuids) AS u ORDER BY u))
          ORDER BY t.task_uuid
          FOR NO KEY UPDATE) AS f
    WHERE f.failed_steps > 0
      AND f.state = 'steps_in_process';
    IF v_failed IS NULL THEN
        RETURN;
    END IF;

    RETURN QUERY
    WITH blocked AS (
        UPDATE tenon.tasks AS t
        SET state = 'blocked_by_failures'
        WHERE t.task_uuid = ANY (v_failed)
          AND NOT EXISTS (
              SELECT FROM tenon.workflow_steps AS s
              WHERE s.task_uuid = t.task_uuid
                AND s.state IN ('enqueued', 'in_progress', 'enqueued_for_orchestration',
                                'enqueued_as_error_for_orchestration', 'waiting_for_retry'))
        RETURNING t.task_uuid, t.state
    ), audit AS (
        INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, host_id)
        SELECT b.task_uuid, 'steps_in_process', 'blocked_by_failures', '{evaluating_results}',
               p_host_id
        FROM blocked AS b
    )
    SELECT b.task_uuid, b.state FROM blocked AS b;
END
$$;

-- Settles failed attempts that the caller has verified (in progress, its own, in key order):
-- another attempt when it falls due, or error. Returns the tasks that hold a step in error.
-- `p_failures[i]` is {message, error_type, error_code, retryable, retry_after_ms, context}.
CREATE FUNCTION tenon.fail_steps(
    p_task_uuids uuid[], p_step_nos integer[], p_failures json[], p_execution_us bigint[],
    p_host_id integer
) RETURNS TABLE (task_uuid uuid, step_no integer, due_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH failed AS (
        SELECT f.task_uuid, f.step_no, f.failure, f.execution_us, ts AS template_step,
               (f.failure ->> 'retry_after_ms')::numeric::bigint AS retry_after_ms,
               ts.retryable AND coalesce((f.failure ->> 'retryable')::boolean, true)
                   AND s.attempts < ts.max_attempts AS again,
               s.attempts
        FROM unnest(p_task_uuids, p_step_nos, p_failures, p_execution_us)
                 AS f (task_uuid, step_no, failure, execution_us)
        JOIN tenon.workflow_steps AS s ON s.task_uuid = f.task_uuid AND s.step_no = f.step_no
        JOIN tenon.tasks AS t ON t.task_uuid = f.task_uuid
        JOIN tenon.template_steps AS ts ON ts.template_id = t.template_id AND ts.step_no = f.step_no
    ), settled AS (
        UPDATE tenon.workflow_steps AS s
        SET state = CASE WHEN f.again THEN 'waiting_for_retry' ELSE 'error' END::tenon.step_state,
            failure = f.failure,
            execution_us = f.execution_us,
            settled_at = v_now
        FROM failed AS f
        WHERE s.task_uuid = f.task_uuid
          AND s.step_no = f.step_no
        RETURNING s.task_uuid, s.step_no, s.state, s.attempts, s.failure
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, via, attempt, host_id, at, reason)
        SELECT s.task_uuid, s.step_no, 'in_progress', s.state,
               '{enqueued_as_error_for_orchestration}', s.attempts, p_host_id, v_now,
               left(s.failure ->> 'message', 500)
        FROM settled AS s
    ), waiting AS (
        INSERT INTO tenon.due (task_uuid, step_no, due_at)
        SELECT f.task_uuid, f.step_no,
               v_now + tenon.retry_delay(f.template_step, f.attempts, f.retry_after_ms)
        FROM failed AS f
        WHERE f.again
        RETURNING due.task_uuid, due.step_no, due.due_at
    ), counted AS (
        UPDATE tenon.tasks AS t
        SET failed_steps = t.failed_steps + e.n
        FROM (SELECT s.task_uuid, count(*)::integer AS n
              FROM settled AS s
              WHERE s.state = 'error'
              GROUP BY s.task_uuid
              ORDER BY s.task_uuid) AS e
        WHERE t.task_uuid = e.task_uuid
        RETURNING t.task_uuid
    )
    SELECT w.task_uuid, w.step_no, w.due_at FROM waiting AS w
    UNION ALL
    SELECT c.task_uuid, NULL, NULL FROM counted AS c;
END
$$;

-- Puts steps (already in state enqueued) on the queues of their namespaces. Returns the namespaces.
CREATE FUNCTION tenon.send_steps(p_task_uuids uuid[], p_step_nos integer[]) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    v_batch record;
BEGIN
    FOR v_batch IN
        SELECT tt.namespace,
               array_agg(tenon.step_message(s.task_uuid, s.step_no, t.correlation_id)
                         ORDER BY s.task_uuid, s.step_no) AS messages
        FROM unnest(p_task_uuids, p_step_nos) AS s (task_uuid, step_no)
        JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
        JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
        GROUP BY tt.namespace
    LOOP
        EXECUTE format(
            'INSERT INTO pgmq.%I (vt, message) SELECT clock_timestamp(), m FROM unnest($1) AS m',
            'q_' || v_batch.namespace || '_queue')
            USING v_batch.messages;
        RETURN NEXT v_batch.namespace;
    END LOOP;
END
$$;

-- Moves up to `p_limit` steps whose time has come back to their queues. Returns how many, the
-- namespaces to wake, and the seconds until the next one (NULL: none waits).
CREATE FUNCTION tenon.release_due(
    p_limit integer, OUT released integer, OUT namespaces text[], OUT next_in float8
)
LANGUAGE plpgsql AS $$
DECLARE
    v_tasks uuid[];
    v_steps integer[];
BEGIN
    WITH ripe AS (
        DELETE FROM tenon.due AS d
        USING (SELECT r.task_uuid, r.step_no
               FROM tenon.due AS r
               WHERE r.due_at <= clock_timestamp()
               ORDER BY r.due_at
               LIMIT p_limit
               FOR UPDATE SKIP LOCKED) AS r
        WHERE d.task_uuid = r.task_uuid
          AND d.step_no = r.step_no
        RETURNING d.task_uuid, d.step_no
    ), woken AS (
        UPDATE tenon.workflow_steps AS s
        SET state = 'enqueued'
        FROM (SELECT r.task_uuid, r.step_no FROM ripe AS r ORDER BY r.task_uuid, r.step_no) AS r
        WHERE s.task_uuid = r.task_uuid
          AND s.step_no = r.step_no
          AND s.state = 'waiting_for_retry'
        RETURNING s.task_uuid, s.step_no, s.attempts
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, via, attempt)
        SELECT w.task_uuid, w.step_no, 'waiting_for_retry', 'enqueued', '{pending}', w.attempts
        FROM woken AS w
    )
    SELECT array_agg(w.task_uuid), array_agg(w.step_no) INTO v_tasks, v_steps FROM woken AS w;

    released := coalesce(cardinality(v_tasks), 0);
    IF released > 0 THEN
        namespaces := ARRAY(SELECT tenon.send_steps(v_tasks, v_steps));
    END IF;
    SELECT extract(epoch FROM min(d.due_at) - clock_timestamp())::float8 INTO next_in
    FROM tenon.due AS d;
END
$$;
