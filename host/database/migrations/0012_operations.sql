-- What operators do: cancel a task, repair a step, start a failed task again. Each is one
-- transaction that leaves the task evaluated: whatever can run then runs, whatever is done is done.

-- Ends open tasks: everything of them that waits ends at once, in the same transaction; what runs
-- is settled when its handler answers, and is asked to stop by a notification on tenon_cancel.
-- `p_to` is cancelled, or error with the steps failing likewise. Returns how many steps of each
-- still run.
CREATE FUNCTION tenon.end_tasks(
    p_task_uuids uuid[], p_to tenon.task_state, p_by text, p_reason text
) RETURNS TABLE (task_uuid uuid, running integer)
LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_to      tenon.step_state := CASE p_to WHEN 'cancelled' THEN 'cancelled' ELSE 'error' END;
    v_failure json := json_build_object(
        'message', p_reason, 'error_type', 'TaskEnded', 'error_code',
        CASE WHEN p_by IS NULL THEN 'LIFECYCLE_LIMIT' ELSE 'GIVEN_UP' END, 'retryable', false);
    v_reason  text := coalesce(p_by || ': ', '') || coalesce(p_reason, '');
    v_ended   uuid[];
    v_failed  integer;
BEGIN
    PERFORM tenon.end_waiting_steps(p_task_uuids, v_to, v_failure, v_reason, true);

    WITH before AS (
        SELECT t.task_uuid, t.state
        FROM tenon.tasks AS t
        WHERE t.task_uuid = ANY (ARRAY(SELECT u FROM unnest(p_task_uuids) AS u ORDER BY u))
          AND NOT tenon.has_ended(t.state)
        ORDER BY t.task_uuid
        FOR NO KEY UPDATE
    ), ended AS (
        UPDATE tenon.tasks AS t
        SET state = p_to,
            settled_at = v_now
        FROM before AS b
        WHERE t.task_uuid = b.task_uuid
        RETURNING t.task_uuid, b.state AS from_state
    ), audit AS (
        INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, at, reason)
        SELECT e.task_uuid, e.from_state, p_to,
               CASE WHEN p_to = 'error' AND e.from_state = 'steps_in_process'
                    THEN '{evaluating_results,blocked_by_failures}'::tenon.task_state[] END,
               v_now, left(v_reason, 500)
        FROM ended AS e
    )
    SELECT array_agg(e.task_uuid) INTO v_ended FROM ended AS e;
    IF v_ended IS NULL THEN
        RETURN;
    END IF;

    -- A step that began to wait while the task's row was being waited for. One that is locked is in
    -- somebody's hands, who will see the task's end.
    PERFORM tenon.end_waiting_steps(v_ended, v_to, v_failure, v_reason, false);
    IF p_to = 'error' THEN
        UPDATE tenon.tasks AS t
        SET failed_steps = (SELECT count(*) FROM tenon.workflow_steps AS s
                            WHERE s.task_uuid = t.task_uuid AND s.state = 'error')
        WHERE t.task_uuid = ANY (v_ended);
    END IF;
    DELETE FROM tenon.due AS d WHERE d.task_uuid = ANY (v_ended);
    PERFORM tenon.dlq_leave(
        v_ended, CASE p_to WHEN 'cancelled' THEN 'cancelled' ELSE 'permanently_failed' END, p_by,
        p_reason);

    RETURN QUERY
    WITH running AS (
        SELECT e AS task_uuid, count(s.task_uuid)::integer AS steps
        FROM unnest(v_ended) AS e
        LEFT JOIN tenon.workflow_steps AS s
               ON s.task_uuid = e
              AND s.state IN ('in_progress', 'enqueued_for_orchestration',
                              'enqueued_as_error_for_orchestration')
        GROUP BY e
    ), rung AS (
        SELECT r.task_uuid, r.steps,
               CASE WHEN r.steps > 0 THEN pg_notify('tenon_cancel', r.task_uuid::text) END
        FROM running AS r
    )
    SELECT r.task_uuid, r.steps FROM rung AS r;
END
$$;

-- Ends the steps of tasks that wait. With `p_wait` it queues for their locks, otherwise it leaves
-- out what is locked.
CREATE FUNCTION tenon.end_waiting_steps(
    p_task_uuids uuid[], p_to tenon.step_state, p_failure json, p_reason text, p_wait boolean
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_steps record;
BEGIN
    IF p_wait THEN
        SELECT array_agg(w.task_uuid) AS tasks, array_agg(w.step_no) AS steps,
               array_agg(w.state) AS states INTO v_steps
        FROM (SELECT s.task_uuid, s.step_no, s.state
              FROM tenon.workflow_steps AS s
              JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
              WHERE s.task_uuid = ANY (p_task_uuids)
                AND NOT tenon.has_ended(t.state)
                AND s.state IN ('pending', 'enqueued', 'waiting_for_retry')
              ORDER BY s.task_uuid, s.step_no
              FOR UPDATE OF s) AS w;
    ELSE
        SELECT array_agg(w.task_uuid) AS tasks, array_agg(w.step_no) AS steps,
               array_agg(w.state) AS states INTO v_steps
        FROM (SELECT s.task_uuid, s.step_no, s.state
              FROM tenon.workflow_steps AS s
              WHERE s.task_uuid = ANY (p_task_uuids)
                AND s.state IN ('pending', 'enqueued', 'waiting_for_retry')
              ORDER BY s.task_uuid, s.step_no
              FOR UPDATE OF s SKIP LOCKED) AS w;
    END IF;

    WITH ended AS (
        UPDATE tenon.workflow_steps AS s
        SET state = p_to,
            failure = CASE WHEN p_to = 'error' THEN p_failure ELSE s.failure END,
            settled_at = clock_timestamp()
        FROM unnest(v_steps.tasks, v_steps.steps, v_steps.states) AS w (task_uuid, step_no, state)
        WHERE s.task_uuid = w.task_uuid
          AND s.step_no = w.step_no
        RETURNING s.task_uuid, s.step_no, s.attempts, w.state AS from_state
    )
    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, via, attempt, reason)
    SELECT e.task_uuid, e.step_no, e.from_state, p_to,
           CASE WHEN p_to = 'error' AND e.from_state = 'waiting_for_retry'
                THEN '{pending}'::tenon.step_state[] END,
           e.attempts, left(p_reason, 500)
    FROM ended AS e;
END
$$;

-- Cancels tasks. Outcome: cancelled, unknown, or the state in which the task had ended before.
CREATE FUNCTION tenon.cancel_tasks(p_task_uuids uuid[], p_by text, p_reason text)
RETURNS TABLE (task_uuid uuid, outcome text, running integer)
LANGUAGE plpgsql AS $$
DECLARE
    v_ended record;
BEGIN
    SELECT array_agg(e.task_uuid) AS tasks, array_agg(e.running) AS running INTO v_ended
    FROM tenon.end_tasks(p_task_uuids, 'cancelled', p_by, p_reason) AS e;
    RETURN QUERY
    SELECT u.task_uuid,
           CASE WHEN e.task_uuid IS NOT NULL THEN 'cancelled'
                ELSE coalesce(t.state::text, 'unknown') END,
           coalesce(e.running, 0)
    FROM unnest(p_task_uuids) WITH ORDINALITY AS u (task_uuid, position)
    LEFT JOIN unnest(v_ended.tasks, v_ended.running) AS e (task_uuid, running)
           ON e.task_uuid = u.task_uuid
    LEFT JOIN tenon.all_tasks AS t ON t.task_uuid = u.task_uuid
    ORDER BY u.position;
END
$$;

-- Those of these tasks that have ended: handlers of theirs that still run should stop.
CREATE FUNCTION tenon.ended_tasks(p_task_uuids uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    SELECT t.task_uuid
    FROM tenon.tasks AS t
    WHERE t.task_uuid = ANY (p_task_uuids)
      AND tenon.has_ended(t.state)
$$;

-- Locks a step for an operator and returns it; refuses what is unknown (TN404), what is over, and
-- states other than `p_allowed` (TN409).
CREATE FUNCTION tenon.lock_step(p_step_uuid uuid, p_verb text, p_allowed tenon.step_state[])
RETURNS tenon.workflow_steps
LANGUAGE plpgsql AS $$
DECLARE
    v_step tenon.workflow_steps;
    v_task tenon.task_state;
BEGIN
    SELECT * INTO v_step
    FROM tenon.workflow_steps AS s
    WHERE s.task_uuid = tenon.task_of_step(p_step_uuid)
      AND s.step_no = tenon.step_no_of_step(p_step_uuid)
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no step %', p_step_uuid
            USING ERRCODE = 'TN404', HINT = 'the steps of an open task: GET /v1/tasks/{uuid}';
    END IF;
    SELECT t.state INTO v_task FROM tenon.tasks AS t WHERE t.task_uuid = v_step.task_uuid;
    IF tenon.has_ended(v_task) THEN
        RAISE EXCEPTION 'step % cannot be %: its task is %', p_step_uuid, p_verb, v_task
            USING ERRCODE = 'TN409',
                  HINT = CASE v_task
                      WHEN 'error' THEN 'redrive the task: its failed steps begin anew'
                      ELSE 'a task that has ended does not change' END;
    END IF;
    IF v_step.state <> ALL (p_allowed) THEN
        RAISE EXCEPTION 'step % cannot be %: it is %', p_step_uuid, p_verb, v_step.state
            USING ERRCODE = 'TN409',
                  HINT = 'possible for steps that are ' || array_to_string(p_allowed, ', ');
    END IF;
    RETURN v_step;
END
$$;

-- Looks at a task after something of it was repaired: it completes, goes on, or stays blocked. The
-- caller has locked what it changed. Returns the task's state.
CREATE FUNCTION tenon.reevaluate_task(p_task_uuid uuid, p_by text, p_reason text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_task tenon.tasks;
    v_open boolean;
    v_to   tenon.task_state;
BEGIN
    SELECT * INTO v_task FROM tenon.tasks AS t WHERE t.task_uuid = p_task_uuid FOR NO KEY UPDATE;
    v_open := EXISTS (
        SELECT FROM tenon.workflow_steps AS s
        WHERE s.task_uuid = p_task_uuid
          AND s.state IN ('enqueued', 'in_progress', 'enqueued_for_orchestration',
                          'enqueued_as_error_for_orchestration', 'waiting_for_retry'));
    v_to := CASE
        WHEN tenon.has_ended(v_task.state) THEN v_task.state
        WHEN v_task.waiting_on = 0 THEN 'complete'
        WHEN v_open OR v_task.failed_steps = 0 THEN 'steps_in_process'
        ELSE 'blocked_by_failures' END;
    IF v_to = v_task.state THEN
        RETURN v_to;
    END IF;
    IF v_to = 'blocked_by_failures' THEN
        PERFORM tenon.block_tasks(ARRAY[p_task_uuid], NULL);
        RETURN v_to;
    END IF;

    UPDATE tenon.tasks AS t
    SET state = v_to,
        settled_at = CASE WHEN v_to = 'complete' THEN clock_timestamp() END
    WHERE t.task_uuid = p_task_uuid;
    INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, reason)
    VALUES (p_task_uuid, v_task.state, v_to,
            CASE WHEN v_to = 'complete' THEN '{evaluating_results}'
                 ELSE '{evaluating_results,enqueuing_steps}' END::tenon.task_state[],
            left(coalesce(p_by || ': ', '') || coalesce(p_reason, 'repaired'), 500));
    IF v_to = 'complete' THEN
        -- Its last steps were settled by hand: what did not run before them is not wanted any more.
        PERFORM tenon.end_waiting_steps(ARRAY[p_task_uuid], 'cancelled', NULL,
                                        'its task is complete', false);
    END IF;
    IF v_task.state = 'blocked_by_failures' THEN
        PERFORM tenon.dlq_leave(ARRAY[p_task_uuid], 'manually_resolved', p_by, p_reason);
    END IF;
    RETURN v_to;
END
$$;

-- Gives steps that failed for good all their attempts again, and forgets their crashes: those whose
-- dependencies are done go to their queue. What they wait for is counted anew, because dependencies
-- may have completed after their task had been given up. The caller has locked them. Returns the
-- namespaces to wake.
CREATE FUNCTION tenon.restart_steps(p_task_uuid uuid, p_step_nos integer[], p_reason text)
RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    v_ready integer[];
BEGIN
    DELETE FROM tenon.step_crashes AS c
    WHERE c.task_uuid = p_task_uuid
      AND c.step_no = ANY (p_step_nos);
    WITH restarted AS (
        UPDATE tenon.workflow_steps AS s
        SET state = CASE WHEN d.open > 0 THEN 'pending' ELSE 'enqueued' END::tenon.step_state,
            waiting_on = d.open,
            attempts = 0,
            yields = NULL,
            events = NULL,
            stalls = NULL,
            checkpoint = NULL,
            host_id = NULL,
            claimed_at = NULL,
            settled_at = NULL,
            execution_us = NULL
        FROM (SELECT ts.step_no, count(p.step_no)::integer AS open
              FROM tenon.tasks AS t
              JOIN tenon.template_steps AS ts ON ts.template_id = t.template_id
              LEFT JOIN tenon.workflow_steps AS p
                     ON p.task_uuid = t.task_uuid
                    AND p.step_no = ANY (ts.dependencies)
                    AND p.state NOT IN ('complete', 'resolved_manually')
              WHERE t.task_uuid = p_task_uuid
                AND ts.step_no = ANY (p_step_nos)
              GROUP BY ts.step_no) AS d
        WHERE s.task_uuid = p_task_uuid
          AND s.step_no = d.step_no
        RETURNING s.step_no, s.state
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, via, attempt, reason)
        SELECT p_task_uuid, r.step_no, 'error', r.state,
               CASE WHEN r.state = 'enqueued' THEN '{pending}'::tenon.step_state[] END, 0,
               left(p_reason, 500)
        FROM restarted AS r
    )
    SELECT array_agg(r.step_no) FILTER (WHERE r.state = 'enqueued') INTO v_ready
    FROM restarted AS r;
    IF v_ready IS NOT NULL THEN
        RETURN QUERY
        SELECT *
        FROM tenon.send_steps(array_fill(p_task_uuid, ARRAY[cardinality(v_ready)]), v_ready);
    END IF;
END
$$;

-- A step that failed for good begins anew, with all its attempts. Returns the task's state.
CREATE FUNCTION tenon.reset_step(p_step_uuid uuid, p_by text, p_reason text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_step  tenon.workflow_steps := tenon.lock_step(p_step_uuid, 'reset', '{error}');
    v_state text;
BEGIN
    UPDATE tenon.tasks AS t
    SET failed_steps = t.failed_steps - 1
    WHERE t.task_uuid = v_step.task_uuid;
    PERFORM pg_notify('tenon_work', n)
    FROM tenon.restart_steps(v_step.task_uuid, ARRAY[v_step.step_no],
                             coalesce(p_by || ': ', '') || coalesce(p_reason, 'reset')) AS n;
    RETURN tenon.reevaluate_task(v_step.task_uuid, p_by, p_reason);
END
$$;

-- Settles a step by an operator's word, with a result or without one, whatever it was doing: a host
-- that works on it will have its result refused. Unlocks its successors. Returns the task's state.
CREATE FUNCTION tenon.settle_manually(
    p_step_uuid uuid, p_to tenon.step_state, p_result json, p_by text, p_reason text
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_step tenon.workflow_steps := tenon.lock_step(
        p_step_uuid, CASE p_to WHEN 'complete' THEN 'completed' ELSE 'resolved' END,
        '{pending,enqueued,in_progress,enqueued_for_orchestration,
          enqueued_as_error_for_orchestration,waiting_for_retry,error}');
    v_ready integer[];
BEGIN
    UPDATE tenon.workflow_steps AS s
    SET state = p_to,
        waiting_on = 0,
        result = p_result,
        settled_at = clock_timestamp()
    WHERE s.task_uuid = v_step.task_uuid
      AND s.step_no = v_step.step_no;
    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, attempt, reason)
    VALUES (v_step.task_uuid, v_step.step_no, v_step.state, p_to, v_step.attempts,
            left(coalesce(p_by || ': ', '') || coalesce(p_reason, 'settled manually'), 500));
    DELETE FROM tenon.due AS d
    WHERE d.task_uuid = v_step.task_uuid AND d.step_no = v_step.step_no;

    WITH locked AS (
        SELECT s.step_no
        FROM tenon.workflow_steps AS s
        WHERE s.task_uuid = v_step.task_uuid
          AND s.step_no = ANY (v_step.successors)
          AND s.state = 'pending'
        ORDER BY s.step_no
        FOR UPDATE
    ), unlocked AS (
        UPDATE tenon.workflow_steps AS s
        SET waiting_on = s.waiting_on - 1,
            state = CASE WHEN s.waiting_on > 1 THEN 'pending'
                         ELSE 'enqueued' END::tenon.step_state
        FROM locked AS l
        WHERE s.task_uuid = v_step.task_uuid
          AND s.step_no = l.step_no
        RETURNING s.step_no, s.state, s.attempts
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, attempt)
        SELECT v_step.task_uuid, u.step_no, 'pending', 'enqueued', u.attempts
        FROM unlocked AS u
        WHERE u.state = 'enqueued'
    )
    SELECT array_agg(u.step_no) FILTER (WHERE u.state = 'enqueued') INTO v_ready
    FROM unlocked AS u;

    UPDATE tenon.tasks AS t
    SET waiting_on = t.waiting_on - CASE WHEN v_step.successors IS NULL THEN 1 ELSE 0 END,
        failed_steps = t.failed_steps - CASE WHEN v_step.state = 'error' THEN 1 ELSE 0 END
    WHERE t.task_uuid = v_step.task_uuid;
    IF v_ready IS NOT NULL THEN
        PERFORM pg_notify('tenon_work', n)
        FROM tenon.send_steps(array_fill(v_step.task_uuid, ARRAY[cardinality(v_ready)]),
                              v_ready) AS n;
    END IF;
    IF v_step.publishes THEN
        PERFORM pg_notify('tenon_events', split_part(e.body, ' ', 3))
        FROM tenon.publish_events(ARRAY[p_step_uuid], NULL, coalesce(p_by, 'operator')) AS e
        WHERE e.kind = 'v'
          AND e.body LIKE 'broadcast %';
    END IF;
    RETURN tenon.reevaluate_task(v_step.task_uuid, p_by, p_reason);
END
$$;

-- A step counts as done, without a result. Returns the task's state.
CREATE FUNCTION tenon.resolve_step(p_step_uuid uuid, p_by text, p_reason text) RETURNS text
LANGUAGE sql AS $$
    SELECT tenon.settle_manually(p_step_uuid, 'resolved_manually', NULL, p_by, p_reason)
$$;

-- A step is complete with this result, as if its handler had returned it. Returns the task's state.
CREATE FUNCTION tenon.complete_step(p_step_uuid uuid, p_result json, p_by text, p_reason text)
RETURNS text
LANGUAGE sql AS $$
    SELECT tenon.settle_manually(p_step_uuid, 'complete', coalesce(p_result, 'null'), p_by,
                                 p_reason)
$$;

-- Starts everything of a task that failed for good anew, also where the task had been given up.
-- Returns how many steps. TN404 unknown, TN409 when nothing of it failed.
CREATE FUNCTION tenon.redrive_task(p_task_uuid uuid, p_by text, p_reason text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_failed integer[];
    v_task   tenon.tasks;
    v_reason text := coalesce(p_by || ': ', '') || coalesce(p_reason, 'redriven');
BEGIN
    SELECT array_agg(f.step_no) INTO v_failed
    FROM (SELECT s.step_no
          FROM tenon.workflow_steps AS s
          WHERE s.task_uuid = p_task_uuid
            AND s.state = 'error'
          ORDER BY s.step_no
          FOR UPDATE) AS f;
    SELECT * INTO v_task FROM tenon.tasks AS t WHERE t.task_uuid = p_task_uuid FOR NO KEY UPDATE;
    IF v_task.task_uuid IS NULL THEN
        RAISE EXCEPTION 'there is no open task %', p_task_uuid
            USING ERRCODE = 'TN404', HINT = 'what has gone to history cannot be started again';
    END IF;
    IF v_failed IS NULL OR v_task.state NOT IN ('steps_in_process', 'blocked_by_failures', 'error')
    THEN
        RAISE EXCEPTION 'task % cannot be redriven: it is % and has % failed steps', p_task_uuid,
            v_task.state, coalesce(cardinality(v_failed), 0)
            USING ERRCODE = 'TN409', HINT = 'only what failed can be started again';
    END IF;

    UPDATE tenon.tasks AS t
    SET failed_steps = 0,
        state = 'steps_in_process',
        settled_at = NULL
    WHERE t.task_uuid = p_task_uuid;
    IF v_task.state <> 'steps_in_process' THEN
        INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, reason)
        VALUES (p_task_uuid, v_task.state, 'steps_in_process',
                CASE v_task.state WHEN 'error' THEN '{pending,initializing,enqueuing_steps}'
                     ELSE '{evaluating_results,enqueuing_steps}' END::tenon.task_state[],
                left(v_reason, 500));
    END IF;
    PERFORM pg_notify('tenon_work', n)
    FROM tenon.restart_steps(p_task_uuid, v_failed, v_reason) AS n;
    INSERT INTO tenon.due (task_uuid, step_no, due_at)
    SELECT p_task_uuid, 0, clock_timestamp() + tenon.shortest_limit(tt.lifecycle)
    FROM tenon.task_templates AS tt
    WHERE tt.template_id = v_task.template_id
      AND tt.lifecycle IS NOT NULL
    ON CONFLICT DO NOTHING;
    PERFORM tenon.dlq_leave(ARRAY[p_task_uuid], 'manually_resolved', p_by, v_reason);
    RETURN cardinality(v_failed);
END
$$;
