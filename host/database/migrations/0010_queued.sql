-- The queued profile: the step path in two halves that meet on queues. Workers store outcomes and
-- send a message (tenon.submit_results); the orchestration role processes the messages in batches.
-- Each half is one commit, and both use the statements of the direct path.

-- The worker's half. Parameters, rows and the top-up of claims as in tenon.advance; additionally
-- kind 'o': results were queued for orchestration (body: how many).
CREATE FUNCTION tenon.submit_results(
    p_host_id       integer,
    p_task_uuids    uuid[],
    p_step_nos      integer[],
    p_attempts      integer[],
    p_execution_us  bigint[],
    p_results       json[],
    p_failures      json[],
    p_queues        text[],
    p_refused       integer[],
    p_want          integer,
    p_events        json DEFAULT NULL,
    p_limits        json DEFAULT NULL,
    p_generations   integer[] DEFAULT NULL
) RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
                 template_id integer, correlation_id uuid, body text)
LANGUAGE plpgsql AS $$
DECLARE
    v_now    timestamptz := clock_timestamp();
    v_stored integer;
    v_back   record;
    v_claims record;
BEGIN
    IF cardinality(p_task_uuids) > 0 THEN
        WITH stored AS (
            UPDATE tenon.workflow_steps AS s
            SET state = CASE WHEN i.result IS NOT NULL THEN 'enqueued_for_orchestration'
                             ELSE 'enqueued_as_error_for_orchestration' END::tenon.step_state,
                result = coalesce(i.result, s.result),
                failure = coalesce(i.failure, s.failure),
                execution_us = i.execution_us,
                settled_at = v_now
            FROM (SELECT i.*
                  FROM unnest(p_task_uuids, p_step_nos, p_attempts, p_execution_us, p_results,
                              p_failures, p_generations)
                       AS i (task_uuid, step_no, attempt, execution_us, result, failure, generation)
                  WHERE i.result IS NOT NULL
                     OR (i.failure IS NOT NULL AND i.failure ->> 'yield' IS NULL)
                  ORDER BY i.task_uuid, i.step_no) AS i
            WHERE s.task_uuid = i.task_uuid
              AND s.step_no = i.step_no
              AND s.state = 'in_progress'
              AND s.host_id = p_host_id
              AND s.attempts = i.attempt
            RETURNING s.task_uuid, s.step_no, s.state, s.attempts, i.generation
        ), audit AS (
            INSERT INTO tenon.workflow_step_transitions
                (task_uuid, step_no, from_state, to_state, attempt, host_id, at, generation)
            SELECT s.task_uuid, s.step_no, 'in_progress', s.state, s.attempts, p_host_id, v_now,
                   s.generation
            FROM stored AS s
        ), sent AS (
            INSERT INTO pgmq.q_orchestration_step_results (vt, message)
            SELECT v_now, tenon.step_message(s.task_uuid, s.step_no, t.correlation_id)
            FROM stored AS s
            JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
            ORDER BY s.task_uuid, s.step_no
        )
        SELECT count(*)::integer INTO v_stored FROM stored;
        IF p_events IS NOT NULL THEN
            -- Published with the outcome, when that is processed.
            UPDATE tenon.workflow_steps AS s
            SET events = json_build_object('attempt', s.attempts, 'events', e.value -> 'events')
            FROM json_array_elements(p_events) AS e
            WHERE s.task_uuid = (e.value ->> 'task_uuid')::uuid
              AND s.step_no = (e.value ->> 'step_no')::integer
              AND s.state IN ('enqueued_for_orchestration', 'enqueued_as_error_for_orchestration')
              AND s.host_id = p_host_id
              AND s.settled_at = v_now;
        END IF;
        IF v_stored > 0 THEN
            kind := 'o';
            body := v_stored::text;
            RETURN NEXT;
        END IF;

        IF v_stored < cardinality(p_task_uuids) THEN
            RETURN QUERY
            SELECT 'r'::"char", i.task_uuid, i.step_no, NULL::integer, NULL::integer, NULL::integer,
                   NULL::uuid, NULL::text
            FROM unnest(p_task_uuids, p_step_nos, p_attempts) AS i (task_uuid, step_no, attempt)
            LEFT JOIN tenon.workflow_steps AS s
                   ON s.task_uuid = i.task_uuid
                  AND s.step_no = i.step_no
                  AND s.host_id = p_host_id
                  AND s.attempts = i.attempt
                  AND (s.state = 'in_progress'
                       OR (s.state IN ('enqueued_for_orchestration',
                                       'enqueued_as_error_for_orchestration')
                           AND s.settled_at = v_now))
            WHERE s.task_uuid IS NULL;

            -- Steps given back are the same in both profiles, and all that is left here: what was
            -- stored is no longer in progress.
            SELECT array_agg(e.task_uuid) AS tasks, array_agg(e.step_no) AS steps INTO v_back
            FROM tenon.settle_others(
                p_host_id, p_task_uuids, p_step_nos, p_attempts, p_execution_us,
                array_fill(NULL::json, ARRAY[cardinality(p_task_uuids)]),
                ARRAY(SELECT CASE WHEN f.failure ->> 'yield' IS NOT NULL THEN f.failure END
                      FROM unnest(p_failures) WITH ORDINALITY AS f (failure, position)
                      ORDER BY f.position), v_now, p_generations) AS e
            WHERE e.kind = 'e';
            IF v_back.tasks IS NOT NULL THEN
                RETURN QUERY
                SELECT 'q'::"char", NULL::uuid, NULL::integer, NULL::integer, NULL::integer,
                       NULL::integer, NULL::uuid, q
                FROM tenon.send_steps(v_back.tasks, v_back.steps) AS q;
            END IF;
        END IF;
    END IF;

    IF cardinality(p_queues) > 0 AND p_want > 0 THEN
        v_claims := tenon.claim_steps(p_host_id, p_queues, p_refused, p_want, p_limits);
        IF cardinality(v_claims.tasks) > 0 THEN
            RETURN QUERY
            SELECT * FROM tenon.hydrate_steps(v_claims.tasks, v_claims.steps, v_claims.claims);
        END IF;
        IF v_claims.resumes THEN
            RETURN QUERY
            SELECT * FROM tenon.hydrate_checkpoints(v_claims.tasks, v_claims.steps);
        END IF;
    END IF;
END
$$;

-- What a worker that speaks nothing but PGMQ needs to know about a step whose message it has read:
-- {task_uuid, step_uuid, correlation_id, step_name, callable, attempt, checkpoint, context,
-- initialization, dependencies: {name: result}}. NULL when the step does not wait for a worker any
-- more.
CREATE FUNCTION tenon.step_input(p_step_uuid uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'task_uuid', t.task_uuid,
        'step_uuid', p_step_uuid,
        'correlation_id', coalesce(t.correlation_id, t.task_uuid),
        'step_name', ts.name,
        'callable', ts.callable,
        'attempt', s.attempts - coalesce(s.yields, 0) + 1,
        'checkpoint', s.checkpoint,
        'context', t.context,
        'initialization', coalesce(
            (SELECT d -> 'handler' -> 'initialization'
             FROM jsonb_array_elements(tt.definition -> 'steps') AS d
             WHERE d ->> 'name' = ts.name), '{}'),
        'dependencies', coalesce(
            (SELECT json_object_agg(dt.name, d.result ORDER BY d.step_no)
             FROM tenon.workflow_steps AS d
             JOIN tenon.template_steps AS dt
               ON dt.template_id = t.template_id AND dt.step_no = d.step_no
             WHERE d.task_uuid = t.task_uuid
               AND d.step_no = ANY (ts.dependencies)), '{}'))
    FROM tenon.workflow_steps AS s
    JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
    JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
    JOIN tenon.template_steps AS ts ON ts.template_id = t.template_id AND ts.step_no = s.step_no
    WHERE s.task_uuid = tenon.task_of_step(p_step_uuid)
      AND s.step_no = tenon.step_no_of_step(p_step_uuid)
      AND s.state = 'enqueued'
      AND NOT tenon.has_ended(t.state)
$$;

-- Stores what workers made of steps that they read from a namespace queue without claiming them.
-- p_bodies[i] is {status: completed | failed, result, error, attempt, events}; the caller has
-- checked their form. With an attempt, as tenon.step_input told it, a report that comes after the
-- step was put on its queue again is not mistaken for one of the new attempt.
CREATE FUNCTION tenon.store_foreign_results(
    p_host_id integer, p_task_uuids uuid[], p_step_nos integer[], p_bodies json[]
) RETURNS void
LANGUAGE sql AS $$
    WITH stored AS (
        UPDATE tenon.workflow_steps AS s
        SET state = CASE WHEN i.body ->> 'status' = 'completed' THEN 'enqueued_for_orchestration'
                         ELSE 'enqueued_as_error_for_orchestration' END::tenon.step_state,
            attempts = s.attempts + 1,
            result = CASE WHEN i.body ->> 'status' = 'completed'
                          THEN coalesce(i.body -> 'result', 'null') ELSE s.result END,
            failure = CASE WHEN i.body ->> 'status' = 'completed'
                           THEN s.failure ELSE i.body -> 'error' END,
            events = CASE WHEN i.body -> 'events' IS NOT NULL
                          THEN json_build_object('attempt', s.attempts + 1,
                                                 'events', i.body -> 'events') END,
            claimed_at = clock_timestamp(),
            settled_at = clock_timestamp()
        FROM (SELECT DISTINCT ON (i.task_uuid, i.step_no) i.*
              FROM unnest(p_task_uuids, p_step_nos, p_bodies) AS i (task_uuid, step_no, body)
              ORDER BY i.task_uuid, i.step_no) AS i
        WHERE s.task_uuid = i.task_uuid
          AND s.step_no = i.step_no
          AND s.state = 'enqueued'
          AND coalesce((i.body ->> 'attempt')::integer = s.attempts - coalesce(s.yields, 0) + 1,
                       true)
        RETURNING s.task_uuid, s.step_no, s.state, s.attempts
    )
    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, via, attempt, host_id, reason)
    SELECT s.task_uuid, s.step_no, 'enqueued', s.state, '{in_progress}', s.attempts, p_host_id,
           'by a worker that speaks PGMQ'
    FROM stored AS s
$$;

-- The orchestration's half: processes result messages that it has read, in one commit with their
-- deletion. A message that is no longer on the queue was processed by somebody else and is left
-- out, so that one that was delivered twice counts once. p_bodies[i]: NULL where the outcome is in
-- the step's row, otherwise as in tenon.store_foreign_results.
--
-- Rows by kind: 'q' a namespace that got steps on its queue (body), 'w' a retry (body: milliseconds
-- until it is due), 'z' a task that was sent to its finalization, 'x' a message that was archived
-- because its step does not wait for a result (body: the reason), 'v' and 'j' as in
-- tenon.publish_events.
CREATE FUNCTION tenon.process_step_results(
    p_host_id integer, p_msg_ids bigint[], p_task_uuids uuid[], p_step_nos integer[],
    p_bodies json[]
) RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, body text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_taken   record;
    v_foreign record;
    v_good    record;
    v_bad     record;
    v_done    record;
    v_final   uuid[] := '{}';
    v_fail    record;
BEGIN
    WITH removed AS (
        DELETE FROM pgmq.q_orchestration_step_results AS q
        WHERE q.msg_id = ANY (p_msg_ids)
        RETURNING q.msg_id, q.read_ct, q.enqueued_at, q.message
    )
    SELECT array_agg(i.task_uuid) AS tasks,
           array_agg(i.step_no) AS steps,
           array_agg(i.body) AS bodies,
           array_agg(r.msg_id) AS ids,
           array_agg(r.read_ct) AS reads,
           array_agg(r.enqueued_at) AS since,
           array_agg(r.message) AS messages
    INTO v_taken
    FROM unnest(p_msg_ids, p_task_uuids, p_step_nos, p_bodies)
             AS i (msg_id, task_uuid, step_no, body)
    JOIN removed AS r ON r.msg_id = i.msg_id;
    IF v_taken.ids IS NULL THEN
        RETURN;
    END IF;

    SELECT array_agg(i.task_uuid) AS tasks, array_agg(i.step_no) AS steps,
           array_agg(i.body) AS bodies
    INTO v_foreign
    FROM unnest(v_taken.tasks, v_taken.steps, v_taken.bodies) AS i (task_uuid, step_no, body)
    WHERE i.body IS NOT NULL;
    IF v_foreign.tasks IS NOT NULL THEN
        PERFORM tenon.store_foreign_results(p_host_id, v_foreign.tasks, v_foreign.steps,
                                            v_foreign.bodies);
        v_now := clock_timestamp();   -- settled after it was stored, in the audit trail too
    END IF;

    -- Whatever waits for a result is settled once; the lock keeps a second message of it waiting.
    SELECT array_agg(s.task_uuid) FILTER (WHERE s.good) AS tasks,
           array_agg(s.step_no) FILTER (WHERE s.good) AS steps,
           array_agg(s.attempts) FILTER (WHERE s.good) AS attempts,
           array_agg(s.execution_us) FILTER (WHERE s.good) AS execution_us,
           array_agg(s.task_uuid) FILTER (WHERE NOT s.good) AS bad_tasks,
           array_agg(s.step_no) FILTER (WHERE NOT s.good) AS bad_steps,
           array_agg(s.execution_us) FILTER (WHERE NOT s.good) AS bad_execution_us,
           array_agg(tenon.step_uuid(s.task_uuid, s.step_no)) AS uuids
    INTO v_good
    FROM (SELECT s.task_uuid, s.step_no, s.attempts, s.execution_us,
                 s.state = 'enqueued_for_orchestration' AS good
          FROM (SELECT DISTINCT i.task_uuid, i.step_no
                FROM unnest(v_taken.tasks, v_taken.steps) AS i (task_uuid, step_no)) AS i
          JOIN tenon.workflow_steps AS s
            ON s.task_uuid = i.task_uuid AND s.step_no = i.step_no
          WHERE s.state IN ('enqueued_for_orchestration', 'enqueued_as_error_for_orchestration')
          ORDER BY s.task_uuid, s.step_no
          FOR UPDATE OF s) AS s;

    RETURN QUERY
    WITH stale AS (
        SELECT i.*,
               CASE WHEN s.state = 'enqueued' AND i.body ->> 'attempt' IS NOT NULL
                    THEN 'the report is of attempt ' || (i.body ->> 'attempt')
                         || ', the step waits for another'
                    ELSE 'step ' || coalesce(s.state::text, 'unknown') || ' awaits no result'
               END AS reason
        FROM unnest(v_taken.tasks, v_taken.steps, v_taken.ids, v_taken.reads, v_taken.since,
                    v_taken.messages, v_taken.bodies)
                 AS i (task_uuid, step_no, msg_id, read_ct, enqueued_at, message, body)
        LEFT JOIN tenon.workflow_steps AS s
               ON s.task_uuid = i.task_uuid AND s.step_no = i.step_no
        WHERE v_good.uuids IS NULL
           OR tenon.step_uuid(i.task_uuid, i.step_no) <> ALL (v_good.uuids)
    ), archived AS (
        INSERT INTO pgmq.a_orchestration_step_results (msg_id, read_ct, enqueued_at, vt, message)
        SELECT s.msg_id, s.read_ct, s.enqueued_at, v_now,
               jsonb_build_object('reason', s.reason, 'message', s.message)
        FROM stale AS s
    )
    SELECT 'x'::"char", s.task_uuid, s.step_no, s.reason FROM stale AS s;
    IF v_good.uuids IS NULL THEN
        RETURN;
    END IF;

    SELECT * INTO v_done
    FROM tenon.settle_successes(
        p_host_id, 'enqueued_for_orchestration', coalesce(v_good.tasks, '{}'),
        coalesce(v_good.steps, '{}'), v_good.attempts, v_good.execution_us, NULL, 0, NULL, false,
        v_good.bad_tasks, v_now, NULL, NULL);
    IF v_good.bad_tasks IS NOT NULL THEN
        FOR v_fail IN
            SELECT * FROM tenon.fail_steps(
                v_good.bad_tasks, v_good.bad_steps,
                array_fill(NULL::json, ARRAY[cardinality(v_good.bad_tasks)]),
                v_good.bad_execution_us, p_host_id, 'enqueued_as_error_for_orchestration')
        LOOP
            IF v_fail.step_no IS NULL THEN
                v_final := v_final || v_fail.task_uuid;
            ELSIF v_fail.due_at IS NULL THEN
                v_done.publishing := v_done.publishing
                    || tenon.step_uuid(v_fail.task_uuid, v_fail.step_no);
            ELSE
                kind := 'w';
                task_uuid := v_fail.task_uuid;
                step_no := v_fail.step_no;
                body := ceil(extract(epoch FROM v_fail.due_at - clock_timestamp()) * 1000)::bigint;
                RETURN NEXT;
            END IF;
        END LOOP;
    END IF;
    IF v_done.spill_tasks IS NOT NULL THEN
        RETURN QUERY
        SELECT 'q'::"char", NULL::uuid, NULL::integer, q
        FROM tenon.send_steps(v_done.spill_tasks, v_done.spill_steps) AS q;
    END IF;
    IF v_done.publishing IS NOT NULL THEN
        RETURN QUERY SELECT * FROM tenon.publish_events(v_done.publishing, NULL, NULL);
    END IF;

    -- Who may have come to its end: tasks whose last step is complete, and those with a failure of
    -- which nothing was released.
    RETURN QUERY
    WITH final AS (
        SELECT t.task_uuid, t.correlation_id
        FROM tenon.tasks AS t
        WHERE t.task_uuid = ANY (v_final || v_done.drained || v_done.idle)
          AND t.state = 'steps_in_process'
          AND (t.waiting_on = 0 OR t.failed_steps > 0)
    ), sent AS (
        INSERT INTO pgmq.q_orchestration_task_finalizations (vt, message)
        SELECT v_now, jsonb_build_object('task_uuid', f.task_uuid,
                                         'correlation_id', coalesce(f.correlation_id, f.task_uuid))
        FROM final AS f
    )
    SELECT 'z'::"char", f.task_uuid, NULL::integer, NULL::text FROM final AS f;
END
$$;

-- Ends the tasks that can be ended: complete where every step is, blocked where a step failed and
-- nothing else can run. Others are left as they are: they go on. Rows: 'f' a task that ended (body:
-- its state), 'x' a message that was archived (body: the reason).
CREATE FUNCTION tenon.process_finalizations(
    p_host_id integer, p_msg_ids bigint[], p_task_uuids uuid[]
) RETURNS TABLE (kind "char", task_uuid uuid, body text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
DECLARE
    v_now   timestamptz := clock_timestamp();
    v_tasks uuid[];
BEGIN
    WITH removed AS (
        DELETE FROM pgmq.q_orchestration_task_finalizations AS q
        WHERE q.msg_id = ANY (p_msg_ids)
        RETURNING q.msg_id, q.read_ct, q.enqueued_at, q.message
    ), known AS (
        SELECT r.msg_id, r.read_ct, r.enqueued_at, r.message, i.task_uuid,
               t.task_uuid IS NOT NULL AS found
        FROM unnest(p_msg_ids, p_task_uuids) AS i (msg_id, task_uuid)
        JOIN removed AS r ON r.msg_id = i.msg_id
        LEFT JOIN tenon.tasks AS t ON t.task_uuid = i.task_uuid
    ), archived AS (
        INSERT INTO pgmq.a_orchestration_task_finalizations
            (msg_id, read_ct, enqueued_at, vt, message)
        SELECT k.msg_id, k.read_ct, k.enqueued_at, v_now,
               jsonb_build_object('reason', 'there is no open task of this UUID',
                                  'message', k.message)
        FROM known AS k
        WHERE NOT k.found
    )
    SELECT array_agg(DISTINCT k.task_uuid) INTO v_tasks FROM known AS k;
    IF v_tasks IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT 'x'::"char", u, 'there is no open task of this UUID'
    FROM unnest(v_tasks) AS u
    WHERE NOT EXISTS (SELECT FROM tenon.tasks AS t WHERE t.task_uuid = u);
    RETURN QUERY
    SELECT 'f'::"char", f.task_uuid, f.state::text
    FROM tenon.finalize_tasks(v_tasks, p_host_id) AS f;
END
$$;

-- What a finalization does, whoever asks for it.
CREATE FUNCTION tenon.finalize_tasks(p_task_uuids uuid[], p_host_id integer)
RETURNS TABLE (task_uuid uuid, state tenon.task_state)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM tenon.tasks AS t
    WHERE t.task_uuid = ANY (ARRAY(SELECT u FROM unnest(p_task_uuids) AS u ORDER BY u))
    ORDER BY t.task_uuid
    FOR NO KEY UPDATE;

    RETURN QUERY
    WITH finished AS (
        UPDATE tenon.tasks AS t
        SET state = 'complete',
            settled_at = clock_timestamp()
        WHERE t.task_uuid = ANY (p_task_uuids)
          AND t.state = 'steps_in_process'
          AND t.waiting_on = 0
        RETURNING t.task_uuid, t.state
    ), audit AS (
        INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, host_id)
        SELECT f.task_uuid, 'steps_in_process', 'complete', '{evaluating_results}', p_host_id
        FROM finished AS f
    )
    SELECT f.task_uuid, f.state FROM finished AS f;
    RETURN QUERY SELECT * FROM tenon.block_tasks(p_task_uuids, p_host_id);
END
$$;

-- Makes tasks of request messages that were read, each in a subtransaction, so that one that is
-- refused goes to the archive with its reason and holds up no other. p_requests[i] is {namespace,
-- name, version, priority, initiator, source_system, reason, tags, correlation_id,
-- parent_correlation_id, idempotency_key}, all but the first two optional.
CREATE FUNCTION tenon.process_task_requests(
    p_host_id integer, p_msg_ids bigint[], p_requests jsonb[], p_contexts json[]
) RETURNS TABLE (msg_id bigint, task_uuid uuid, created boolean, namespace text, refusal text)
LANGUAGE plpgsql AS $$
DECLARE
    v_request jsonb;
    v_hint    text;
BEGIN
    FOR i IN 1 .. cardinality(p_msg_ids) LOOP
        v_request := p_requests[i];
        msg_id := p_msg_ids[i];
        namespace := v_request ->> 'namespace';
        task_uuid := NULL;
        created := NULL;
        refusal := NULL;
        -- Processed by somebody else, unless it is still there.
        DELETE FROM pgmq.q_orchestration_task_requests AS q WHERE q.msg_id = p_msg_ids[i];
        CONTINUE WHEN NOT FOUND;
        BEGIN
            SELECT s.task_uuid, s.created INTO task_uuid, created
            FROM tenon.submit_tasks(
                namespace, v_request ->> 'name', ARRAY[p_contexts[i]],
                v_request ->> 'version', coalesce((v_request ->> 'priority')::integer, 0),
                coalesce(v_request ->> 'initiator', 'system'),
                coalesce(v_request ->> 'source_system', 'pgmq'), v_request ->> 'reason',
                CASE WHEN v_request ? 'tags'
                     THEN ARRAY(SELECT jsonb_array_elements_text(v_request -> 'tags')) END,
                (v_request ->> 'correlation_id')::uuid,
                (v_request ->> 'parent_correlation_id')::uuid, false,
                CASE WHEN v_request ->> 'idempotency_key' IS NOT NULL
                     THEN ARRAY[v_request ->> 'idempotency_key'] END) AS s;
        EXCEPTION WHEN SQLSTATE 'TN400' OR SQLSTATE 'TN404' OR SQLSTATE 'TN409'
                       OR data_exception THEN
            GET STACKED DIAGNOSTICS refusal = MESSAGE_TEXT, v_hint = PG_EXCEPTION_HINT;
            refusal := refusal || coalesce('; ' || nullif(v_hint, ''), '');
            INSERT INTO pgmq.a_orchestration_task_requests
                (msg_id, read_ct, enqueued_at, vt, message)
            VALUES (p_msg_ids[i], 0, clock_timestamp(), clock_timestamp(),
                    jsonb_build_object('reason', refusal, 'message',
                                       v_request || jsonb_build_object('context', p_contexts[i])));
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
