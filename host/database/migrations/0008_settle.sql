-- How attempts end: results that unlock what waited for them, failures that are tried again or not,
-- and what either means for the task. Used by both dispatch profiles: in `direct` an attempt ends
-- in the call that brings its outcome, in `queued` it was stored before and waits for
-- orchestration.

-- Whether a task in this state has ended. Handlers of it that still run are asked to stop, and
-- nothing of it begins any more.
CREATE FUNCTION tenon.has_ended(state tenon.task_state) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT state IN ('complete', 'error', 'cancelled', 'resolved_manually')
$$;

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

-- The delay of a retry: the handler's own wish, or the template's backoff and up to 15 % more, so
-- that what failed together does not come back together, and nothing before its time.
CREATE FUNCTION tenon.retry_delay(
    step tenon.template_steps, attempts integer, retry_after_ms bigint
) RETURNS interval
LANGUAGE sql VOLATILE AS $$
    SELECT make_interval(secs => CASE
        WHEN retry_after_ms IS NOT NULL THEN least(greatest(retry_after_ms, 0), 86400000) / 1000.0
        ELSE tenon.backoff_ms(step.backoff, step.backoff_base_ms, step.max_backoff_ms, attempts)
             * (1 + 0.15 * random()) / 1000.0
    END)
$$;

-- Whether this failure may be followed by another attempt, the number of attempts aside: the
-- handler and the template must both allow it, and the template may name error types and codes as
-- final.
CREATE FUNCTION tenon.may_retry(step tenon.template_steps, failure json) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT (step).retryable
           AND coalesce((failure ->> 'retryable')::boolean, true)
           AND ((step).non_retryable IS NULL
                OR NOT ARRAY[coalesce(failure ->> 'error_type', ''),
                             coalesce(failure ->> 'error_code', '')] && (step).non_retryable)
$$;

-- Settles successes: stores results, unlocks successors and finishes tasks. An attempt counts only
-- where it is still what the caller believes: in state `p_from`, with that attempt number and,
-- while in progress, this host's.
--
-- Up to `p_want` unlocked steps are claimed for the host at once, but for those that stand more
-- than a second behind `p_head`, the next message of the queues it serves: more urgent work first.
-- Within that second none is, and the head may be a message that another call is just taking. With
-- `p_finish` tasks complete here; otherwise they are reported as drained and wait for their
-- finalization.
-- `p_concerned`: further tasks whose rows the caller is going to need. `p_held`: UUIDs of steps
-- that are not to be claimed, whatever is free; NULL: none. `p_generations`: of the plugins that
-- ran the attempts, NULL where that was recorded before.
--
-- Lock order: finished steps, successors, tasks; each set in key order. A finished step is its
-- owner's alone, a successor is pending: the first two sets of two concurrent calls never overlap.
--
-- Each statement does only what most calls need, because to start a plan costs more than to run it
-- for one step: the tasks are touched by statements of their own, where there is need.
CREATE FUNCTION tenon.settle_successes(
    p_host_id       integer,
    p_from          tenon.step_state,
    p_task_uuids    uuid[],
    p_step_nos      integer[],
    p_attempts      integer[],
    p_execution_us  bigint[],
    p_results       json[],
    p_want          integer,
    p_head          timestamptz,
    p_finish        boolean,
    p_concerned     uuid[],
    p_now           timestamptz,
    p_held          uuid[],
    p_generations   integer[],
    OUT tasks        uuid[],      -- claimed
    OUT steps        integer[],
    OUT claims       integer[],
    OUT spill_tasks  uuid[],      -- enqueued; NULL: none
    OUT spill_steps  integer[],
    OUT settled      integer,
    OUT finished     uuid[],      -- tasks; NULL: none
    OUT drained      uuid[],
    OUT idle         uuid[],      -- tasks of which nothing was released and that did not end
    OUT publishing   uuid[]       -- steps that have events to publish; NULL: none
)
LANGUAGE plpgsql AS $$
DECLARE
    v_head      timestamptz := p_head + interval '1 s';
    v_settled   uuid[];    -- the tasks of the settled steps, one for each
    v_sinks     uuid[];    -- of those without successors
    v_released  uuid[];    -- of the unlocked steps that wait for nothing any more
    v_others    uuid[];
    v_unended   uuid[];
BEGIN
    WITH settled AS (
        UPDATE tenon.workflow_steps AS s
        SET state = 'complete',
            result = coalesce(i.result, s.result),
            execution_us = i.execution_us,
            settled_at = p_now,
            checkpoint = NULL
        FROM unnest(p_task_uuids, p_step_nos, p_attempts, p_execution_us, p_results, p_generations)
                 AS i (task_uuid, step_no, attempt, execution_us, result, generation)
        WHERE (i.result IS NOT NULL OR p_from = 'enqueued_for_orchestration')
          AND s.task_uuid = i.task_uuid
          AND s.step_no = i.step_no
          AND s.state = p_from
          AND (p_from <> 'in_progress' OR s.host_id = p_host_id)
          AND s.attempts = i.attempt
        RETURNING s.task_uuid, s.step_no, s.attempts, s.priority, s.successors, s.publishes,
                  i.generation
    ), edges AS (
        SELECT e.task_uuid, e.step_no, e.n,
               row_number() OVER (ORDER BY e.task_uuid, e.step_no) <= p_want
                   AND (v_head IS NULL
                        OR tenon.queue_position(tenon.uuid_time(e.task_uuid), e.priority) <= v_head)
                   AND (p_held IS NULL
                        OR tenon.step_uuid(e.task_uuid, e.step_no) <> ALL (p_held))
                   AS eager
        FROM (SELECT s.task_uuid, u.step_no, count(*)::integer AS n, min(s.priority) AS priority
              FROM settled AS s
              CROSS JOIN LATERAL unnest(s.successors) AS u (step_no)
              GROUP BY s.task_uuid, u.step_no) AS e
        ORDER BY e.task_uuid, e.step_no
    ), unlocked AS (
        UPDATE tenon.workflow_steps AS s
        SET waiting_on = s.waiting_on - e.n,
            state = CASE WHEN s.waiting_on > e.n THEN 'pending'
                         WHEN e.eager THEN 'in_progress'
                         ELSE 'enqueued' END::tenon.step_state,
            attempts = CASE WHEN s.waiting_on = e.n AND e.eager
                            THEN s.attempts + 1 ELSE s.attempts END,
            host_id = CASE WHEN s.waiting_on = e.n AND e.eager THEN p_host_id END,
            claimed_at = CASE WHEN s.waiting_on = e.n AND e.eager THEN p_now END
        FROM edges AS e
        WHERE s.task_uuid = e.task_uuid
          AND s.step_no = e.step_no
          AND s.state = 'pending'
        RETURNING s.task_uuid, s.step_no, s.state, s.attempts
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, attempt, host_id, at, via, generation)
        SELECT s.task_uuid, s.step_no, p_from, 'complete'::tenon.step_state, s.attempts, p_host_id,
               p_now, CASE WHEN p_from = 'in_progress'
                           THEN '{enqueued_for_orchestration}'::tenon.step_state[] END,
               s.generation
        FROM settled AS s
        UNION ALL
        SELECT u.task_uuid, u.step_no, 'pending', u.state, u.attempts,
               CASE WHEN u.state = 'in_progress' THEN p_host_id END, p_now,
               CASE WHEN u.state = 'in_progress' THEN '{enqueued}'::tenon.step_state[] END,
               NULL
        FROM unlocked AS u
        WHERE u.state <> 'pending'
    )
    SELECT u.tasks, u.steps, u.claims, u.spill_tasks, u.spill_steps, u.released,
           s.settled, s.tasks, s.sinks, s.publishing
    INTO tasks, steps, claims, spill_tasks, spill_steps, v_released,
         settled, v_settled, v_sinks, publishing
    FROM (SELECT coalesce(array_agg(u.task_uuid) FILTER (WHERE u.state = 'in_progress'), '{}')
                     AS tasks,
                 coalesce(array_agg(u.step_no) FILTER (WHERE u.state = 'in_progress'), '{}')
                     AS steps,
                 coalesce(array_agg(u.attempts) FILTER (WHERE u.state = 'in_progress'), '{}')
                     AS claims,
                 array_agg(u.task_uuid) FILTER (WHERE u.state = 'enqueued') AS spill_tasks,
                 array_agg(u.step_no) FILTER (WHERE u.state = 'enqueued') AS spill_steps,
                 array_agg(u.task_uuid) FILTER (WHERE u.state <> 'pending') AS released
          FROM unlocked AS u) AS u
    CROSS JOIN (
          SELECT count(*)::integer AS settled,
                 array_agg(s.task_uuid) AS tasks,
                 array_agg(s.task_uuid) FILTER (WHERE s.successors IS NULL) AS sinks,
                 array_agg(tenon.step_uuid(s.task_uuid, s.step_no)) FILTER (WHERE s.publishes)
                     AS publishing
          FROM settled AS s) AS s;

    -- Of tasks that go on, the rows stay untouched.
    idle := '{}';
    IF v_sinks IS NULL AND p_concerned = '{}' AND v_settled IS NOT DISTINCT FROM v_released THEN
        RETURN;
    END IF;

    -- Every task that this call may change is locked before the first is changed: those of sinks,
    -- of steps that released nothing, and those of the caller. Of sinks alone the change does it.
    idle := ARRAY(SELECT s FROM unnest(v_settled) AS s
                  EXCEPT SELECT r FROM unnest(v_released) AS r
                  EXCEPT SELECT k FROM unnest(v_sinks) AS k);
    v_others := idle || p_concerned;
    IF v_others <> '{}' THEN
        PERFORM
        FROM tenon.tasks AS t
        WHERE t.task_uuid = ANY (ARRAY(SELECT DISTINCT c FROM unnest(v_others || v_sinks) AS c))
        ORDER BY t.task_uuid
        FOR NO KEY UPDATE;
    END IF;
    IF v_sinks IS NULL THEN
        RETURN;
    END IF;

    WITH finished AS (
        UPDATE tenon.tasks AS t
        SET waiting_on = t.waiting_on - f.n,
            state = CASE WHEN p_finish AND t.waiting_on = f.n AND t.state = 'steps_in_process'
                         THEN 'complete' ELSE t.state END::tenon.task_state,
            settled_at = CASE WHEN p_finish AND t.waiting_on = f.n AND t.state = 'steps_in_process'
                              THEN p_now ELSE t.settled_at END
        FROM (SELECT k AS task_uuid, count(*)::integer AS n
              FROM unnest(v_sinks) AS k
              GROUP BY k
              ORDER BY k) AS f
        WHERE t.task_uuid = f.task_uuid
        RETURNING t.task_uuid, t.state, t.waiting_on
    ), audit AS (
        INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, host_id, at, via)
        SELECT f.task_uuid, 'steps_in_process', 'complete', p_host_id, p_now, '{evaluating_results}'
        FROM finished AS f
        WHERE f.state = 'complete'
    )
    SELECT array_agg(f.task_uuid) FILTER (WHERE f.state = 'complete'),
           array_agg(f.task_uuid) FILTER (WHERE f.state = 'steps_in_process' AND f.waiting_on = 0),
           array_agg(f.task_uuid) FILTER (WHERE f.state <> 'complete')
    INTO finished, drained, v_unended
    FROM finished AS f;
    IF v_unended IS NOT NULL THEN
        idle := idle || ARRAY(SELECT k FROM unnest(v_unended) AS k
                              EXCEPT SELECT r FROM unnest(v_released) AS r);
    END IF;
END
$$;

-- Settles failed attempts that the caller has verified and locked (in state `p_from`, in key order,
-- the rows of their tasks locked too): another attempt when it falls due, or error; in a task that
-- was cancelled they are cancelled. Rows: a retry with its time; a task that holds a step in error
-- (step_no NULL); a step that has events to publish (due_at NULL).
-- `p_failures[i]` is {message, error_type, error_code, retryable, retry_after_ms, context}, or NULL
-- where the step's row has it already; `p_generations` as in tenon.settle_successes. Crashes are
-- counted, see tenon.count_crashes.
CREATE FUNCTION tenon.fail_steps(
    p_task_uuids uuid[], p_step_nos integer[], p_failures json[], p_execution_us bigint[],
    p_host_id integer, p_from tenon.step_state, p_generations integer[] DEFAULT NULL
) RETURNS TABLE (task_uuid uuid, step_no integer, due_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    v_now      timestamptz := clock_timestamp();
    v_failures json[] := tenon.count_crashes(p_task_uuids, p_step_nos, p_failures);
BEGIN
    RETURN QUERY
    WITH failed AS (
        SELECT f.task_uuid, f.step_no, o.failure, f.execution_us, f.generation,
               l.ts AS template_step,
               (o.failure ->> 'retry_after_ms')::numeric::bigint AS retry_after_ms,
               CASE WHEN t.state = 'cancelled' THEN 'cancelled'
                    WHEN tenon.has_ended(t.state) THEN 'error'
                    WHEN s.attempts - coalesce(s.yields, 0) < (l.ts).max_attempts
                         AND tenon.may_retry(l.ts, o.failure)
                        THEN 'waiting_for_retry'
                    ELSE 'error' END::tenon.step_state AS to_state,
               s.attempts - coalesce(s.yields, 0) AS attempts
        FROM unnest(p_task_uuids, p_step_nos, v_failures, p_execution_us, p_generations)
                 AS f (task_uuid, step_no, failure, execution_us, generation)
        JOIN tenon.workflow_steps AS s ON s.task_uuid = f.task_uuid AND s.step_no = f.step_no
        JOIN tenon.tasks AS t ON t.task_uuid = f.task_uuid
        CROSS JOIN LATERAL (
            -- By its whole key, whatever the planner thinks: templates may have 10 000 steps.
            SELECT ts
            FROM tenon.template_steps AS ts
            WHERE ts.template_id = t.template_id
              AND ts.step_no = f.step_no
            OFFSET 0) AS l
        CROSS JOIN LATERAL (SELECT coalesce(f.failure, s.failure) AS failure) AS o
    ), settled AS (
        UPDATE tenon.workflow_steps AS s
        SET state = f.to_state,
            failure = f.failure,
            execution_us = f.execution_us,
            settled_at = v_now,
            stalls = NULL
        FROM failed AS f
        WHERE s.task_uuid = f.task_uuid
          AND s.step_no = f.step_no
        RETURNING s.task_uuid, s.step_no, s.state, s.attempts, s.failure, s.publishes, f.generation
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, via, attempt, host_id, at, reason,
             generation)
        SELECT s.task_uuid, s.step_no, p_from, s.state,
               CASE WHEN p_from = 'in_progress'
                    THEN '{enqueued_as_error_for_orchestration}'::tenon.step_state[] END,
               s.attempts, p_host_id, v_now, left(s.failure ->> 'message', 500), s.generation
        FROM settled AS s
    ), waiting AS (
        INSERT INTO tenon.due (task_uuid, step_no, due_at)
        SELECT f.task_uuid, f.step_no,
               v_now + tenon.retry_delay(f.template_step, f.attempts, f.retry_after_ms)
        FROM failed AS f
        WHERE f.to_state = 'waiting_for_retry'
        -- A timer that outlived its retry must not stand in the way of the next.
        ON CONFLICT ON CONSTRAINT due_pkey DO UPDATE SET due_at = excluded.due_at
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
    SELECT c.task_uuid, NULL, NULL FROM counted AS c
    UNION ALL
    SELECT s.task_uuid, s.step_no, NULL FROM settled AS s
    WHERE s.publishes AND s.state <> 'cancelled';
END
$$;

-- Settles tasks of which nothing can run any more because a step failed, and puts them among the
-- dead letters. Call it after the steps of these tasks were settled: it takes the task rows' locks,
-- so that of two settlements that race the later one sees both.
CREATE FUNCTION tenon.block_tasks(p_task_uuids uuid[], p_host_id integer)
RETURNS TABLE (task_uuid uuid, state tenon.task_state)
LANGUAGE plpgsql AS $$
DECLARE
    v_failed  uuid[];
    v_blocked uuid[];
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

    WITH blocked AS (
        UPDATE tenon.tasks AS t
        SET state = 'blocked_by_failures'
        WHERE t.task_uuid = ANY (v_failed)
          AND NOT EXISTS (
              SELECT FROM tenon.workflow_steps AS s
              WHERE s.task_uuid = t.task_uuid
                AND s.state IN ('enqueued', 'in_progress', 'enqueued_for_orchestration',
                                'enqueued_as_error_for_orchestration', 'waiting_for_retry'))
        RETURNING t.task_uuid
    ), audit AS (
        INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, host_id)
        SELECT b.task_uuid, 'steps_in_process', 'blocked_by_failures', '{evaluating_results}',
               p_host_id
        FROM blocked AS b
    )
    SELECT array_agg(b.task_uuid) INTO v_blocked FROM blocked AS b;
    IF v_blocked IS NULL THEN
        RETURN;
    END IF;
    PERFORM tenon.dlq_enter(v_blocked, NULL, NULL);
    RETURN QUERY SELECT b, 'blocked_by_failures'::tenon.task_state FROM unnest(v_blocked) AS b;
END
$$;
