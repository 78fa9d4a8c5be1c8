-- What happens by the clock: retries fall due, and tasks reach the limits of their template. Both
-- wait in tenon.due and are found by its index; nothing is found by looking through tasks.

-- The first limit of a lifecycle that a task can reach.
CREATE FUNCTION tenon.shortest_limit(lifecycle jsonb) RETURNS interval
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT min(l.value::numeric) * interval '1 minute'
    FROM jsonb_each_text(lifecycle) AS l
    WHERE l.key LIKE 'max\_%\_minutes'
$$;

-- How each limit of some open tasks stands: since when its condition holds (NULL: it does not) and
-- when it is reached. The conditions: the task exists; nothing of it can run until something else
-- does; a step waits for its retry; a step is on its queue or in progress.
CREATE FUNCTION tenon.limits_of(p_task_uuids uuid[])
RETURNS TABLE (task_uuid uuid, name text, allowed interval, since timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT t.task_uuid, l.key, l.value::numeric * interval '1 minute',
           CASE l.key
               WHEN 'max_duration_minutes' THEN t.created_at
               WHEN 'max_waiting_for_retry_minutes' THEN
                   (SELECT min(s.settled_at)
                    FROM tenon.workflow_steps AS s
                    WHERE s.task_uuid = t.task_uuid AND s.state = 'waiting_for_retry')
               WHEN 'max_steps_in_process_minutes' THEN
                   (SELECT min(a.at)
                    FROM tenon.workflow_steps AS s
                    CROSS JOIN LATERAL (SELECT max(w.at) AS at
                                        FROM tenon.workflow_step_transitions AS w
                                        WHERE w.task_uuid = s.task_uuid
                                          AND w.step_no = s.step_no) AS a
                    WHERE s.task_uuid = t.task_uuid
                      AND s.state IN ('enqueued', 'in_progress', 'enqueued_for_orchestration',
                                      'enqueued_as_error_for_orchestration'))
               WHEN 'max_waiting_for_dependencies_minutes' THEN
                   (SELECT max(w.at)
                    FROM tenon.workflow_step_transitions AS w
                    WHERE w.task_uuid = t.task_uuid
                    HAVING NOT EXISTS (
                        SELECT FROM tenon.workflow_steps AS s
                        WHERE s.task_uuid = t.task_uuid
                          AND s.state IN ('enqueued', 'in_progress', 'waiting_for_retry',
                                          'enqueued_for_orchestration',
                                          'enqueued_as_error_for_orchestration')))
           END
    FROM tenon.tasks AS t
    JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
    CROSS JOIN LATERAL jsonb_each_text(tt.lifecycle) AS l
    WHERE t.task_uuid = ANY (p_task_uuids)
      AND NOT tenon.has_ended(t.state)
      AND l.key LIKE 'max\_%\_minutes'
$$;

-- Looks at the limits of tasks whose time for that has come, acts as their template says, and sets
-- the time of the next look.
CREATE FUNCTION tenon.enforce_limits(p_task_uuids uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_now  timestamptz := clock_timestamp();
    v_over record;
BEGIN
    FOR v_over IN
        SELECT l.task_uuid, tt.lifecycle ->> 'staleness_action' AS action,
               string_agg(l.name || ' ' || extract(epoch FROM l.allowed) / 60, ', '
                          ORDER BY l.name) AS names,
               bool_or(l.name = 'max_steps_in_process_minutes')
                   AND NOT EXISTS (
                       SELECT FROM tenon.workflow_steps AS s
                       WHERE s.task_uuid = l.task_uuid AND s.state = 'in_progress') AS unserved
        FROM tenon.limits_of(p_task_uuids) AS l
        JOIN tenon.tasks AS t ON t.task_uuid = l.task_uuid
        JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
        WHERE l.since + l.allowed <= v_now
        GROUP BY l.task_uuid, tt.template_id
        ORDER BY l.task_uuid
    LOOP
        CONTINUE WHEN v_over.action = 'none';
        PERFORM tenon.dlq_enter(
            ARRAY[v_over.task_uuid],
            CASE WHEN v_over.unserved THEN 'worker_unavailable' ELSE 'staleness_timeout' END,
            'reached ' || v_over.names);
        IF v_over.action = 'error' THEN
            PERFORM tenon.end_tasks(
                ARRAY[v_over.task_uuid], 'error', NULL, 'its template''s limit: ' || v_over.names);
        END IF;
    END LOOP;

    INSERT INTO tenon.due (task_uuid, step_no, due_at)
    SELECT l.task_uuid, 0,
           min(CASE WHEN l.since + l.allowed > v_now THEN l.since + l.allowed
                    ELSE v_now + l.allowed END)
    FROM tenon.limits_of(p_task_uuids) AS l
    GROUP BY l.task_uuid
    ON CONFLICT DO NOTHING;
END
$$;

-- Moves up to `p_limit` steps whose time has come back to their queues, and looks at the limits of
-- tasks whose time for that has come. Returns how many steps, the namespaces to wake, and the
-- seconds until the next entry (NULL: none waits).
CREATE FUNCTION tenon.release_due(
    p_limit integer, OUT released integer, OUT namespaces text[], OUT next_in float8
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
DECLARE
    v_now    timestamptz := clock_timestamp();   -- one value, so that the index on due_at can serve
    v_tasks  uuid[];
    v_steps  integer[];
    v_looked uuid[];
BEGIN
    WITH ripe AS (
        DELETE FROM tenon.due AS d
        USING (SELECT r.task_uuid, r.step_no
               FROM tenon.due AS r
               WHERE r.due_at <= v_now
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
    SELECT (SELECT array_agg(w.task_uuid) FROM woken AS w),
           (SELECT array_agg(w.step_no) FROM woken AS w),
           (SELECT array_agg(r.task_uuid ORDER BY r.task_uuid) FROM ripe AS r WHERE r.step_no = 0)
    INTO v_tasks, v_steps, v_looked;

    IF v_looked IS NOT NULL THEN
        PERFORM tenon.enforce_limits(v_looked);
    END IF;
    released := coalesce(cardinality(v_tasks), 0);
    IF released > 0 THEN
        namespaces := ARRAY(SELECT tenon.send_steps(v_tasks, v_steps));
    END IF;
    SELECT extract(epoch FROM min(d.due_at) - clock_timestamp())::float8 INTO next_in
    FROM tenon.due AS d;
END
$$;
