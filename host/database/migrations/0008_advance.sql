-- The step path: one call settles what a host finished, unlocks what that frees, hands it on to the
-- same host, tops up from the queues, and returns everything the handlers need.
--
-- Lock order within the call: finished steps, successors, tasks; each set in key order. A finished
-- step is in_progress and its owner's alone, a successor is pending: the first two sets of two
-- concurrent calls never overlap.

-- Takes up to `p_want` messages from one queue and returns the steps they name. Messages that name
-- no step are archived, never redelivered. Steps of the templates in `p_refused`, which this host
-- cannot run, stay for other hosts.
CREATE FUNCTION tenon.take_messages(p_queue text, p_refused integer[], p_want integer)
RETURNS TABLE (task_uuid uuid, step_no integer)
LANGUAGE plpgsql AS $$
DECLARE
    v_filter text := '';
BEGIN
    IF cardinality(p_refused) > 0 THEN
        v_filter := $sql$
            AND NOT EXISTS (
                SELECT FROM tenon.tasks AS t
                WHERE t.task_uuid = CASE WHEN q.message ->> 'task_uuid'
                                                ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                                         THEN (q.message ->> 'task_uuid')::uuid END
                  AND t.template_id = ANY ($2))$sql$;
    END IF;
    RETURN QUERY EXECUTE format($sql$
        WITH taken AS (
            DELETE FROM pgmq.%1$I
            WHERE msg_id = ANY (ARRAY(
                SELECT q.msg_id
                FROM pgmq.%1$I AS q
                WHERE q.vt <= clock_timestamp() %3$s
                ORDER BY q.msg_id
                LIMIT $1
                FOR UPDATE SKIP LOCKED))
            RETURNING msg_id, read_ct, enqueued_at, vt, message,
                      CASE WHEN message ->> 'step_uuid'
                                ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                           THEN (message ->> 'step_uuid')::uuid END AS step_uuid
        ), poison AS (
            INSERT INTO pgmq.%2$I (msg_id, read_ct, enqueued_at, vt, message)
            SELECT t.msg_id, t.read_ct, t.enqueued_at, t.vt,
                   jsonb_build_object('reason', 'the message names no step_uuid',
                                      'message', t.message)
            FROM taken AS t
            WHERE t.step_uuid IS NULL
        )
        SELECT tenon.task_of_step(t.step_uuid), tenon.step_no_of_step(t.step_uuid)
        FROM taken AS t
        WHERE t.step_uuid IS NOT NULL
        $sql$, 'q_' || p_queue, 'a_' || p_queue, v_filter)
        USING p_want, p_refused;
END
$$;

-- Claims up to `p_want` enqueued steps from the queues, shared fairly: every queue is offered an
-- equal part of what is left, then the rest goes to whoever still has some.
CREATE FUNCTION tenon.claim_steps(
    p_host_id integer, p_queues text[], p_refused integer[], p_want integer
) RETURNS TABLE (task_uuid uuid, step_no integer, attempts integer)
LANGUAGE plpgsql AS $$
DECLARE
    v_queues text[] := p_queues;
    v_full   text[];
    v_left   integer := p_want;
    v_share  integer;
    v_taken  integer;
    v_tasks  uuid[];
    v_steps  integer[];
BEGIN
    WHILE v_left > 0 AND cardinality(v_queues) > 0 LOOP
        v_full := '{}';
        FOR i IN 1 .. cardinality(v_queues) LOOP
            v_share := ceil(v_left::numeric / (cardinality(v_queues) - i + 1));
            EXIT WHEN v_share <= 0;
            SELECT array_agg(m.task_uuid), array_agg(m.step_no) INTO v_tasks, v_steps
            FROM tenon.take_messages(v_queues[i], p_refused, v_share) AS m;
            v_taken := coalesce(cardinality(v_tasks), 0);
            IF v_taken > 0 THEN
                RETURN QUERY
                WITH claimed AS (
                    UPDATE tenon.workflow_steps AS s
                    SET state = 'in_progress',
                        attempts = s.attempts + 1,
                        host_id = p_host_id,
                        claimed_at = clock_timestamp()
                    FROM (SELECT m.task_uuid, m.step_no
                          FROM unnest(v_tasks, v_steps) AS m (task_uuid, step_no)
                          ORDER BY m.task_uuid, m.step_no) AS m
                    WHERE s.task_uuid = m.task_uuid
                      AND s.step_no = m.step_no
                      AND s.state = 'enqueued'
                    RETURNING s.task_uuid, s.step_no, s.attempts, s.claimed_at
                ), audit AS (
                    INSERT INTO tenon.workflow_step_transitions
                        (task_uuid, step_no, from_state, to_state, attempt, host_id, at)
                    SELECT c.task_uuid, c.step_no, 'enqueued', 'in_progress', c.attempts, p_host_id,
                           c.claimed_at
                    FROM claimed AS c
                )
                SELECT c.task_uuid, c.step_no, c.attempts FROM claimed AS c;
            END IF;
            v_left := v_left - v_taken;
            IF v_taken = v_share THEN
                v_full := v_full || v_queues[i];
            END IF;
        END LOOP;
        v_queues := v_full;
    END LOOP;
END
$$;

-- What a handler needs, as rows: kind 's' a claimed step (body: the task's context), then kind 'd'
-- the result of one of its direct dependencies (ref_no: its step number).
CREATE FUNCTION tenon.hydrate_steps(p_task_uuids uuid[], p_step_nos integer[], p_attempts integer[])
RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
               template_id integer, correlation_id uuid, body text)
LANGUAGE sql STABLE AS $$
    SELECT 's'::"char", c.task_uuid, c.step_no, NULL::integer, c.attempt, t.template_id,
           coalesce(t.correlation_id, t.task_uuid), t.context::text
    FROM unnest(p_task_uuids, p_step_nos, p_attempts) AS c (task_uuid, step_no, attempt)
    JOIN tenon.tasks AS t ON t.task_uuid = c.task_uuid
    UNION ALL
    SELECT 'd'::"char", c.task_uuid, c.step_no, d.step_no, NULL, NULL, NULL, d.result::text
    FROM unnest(p_task_uuids, p_step_nos) AS c (task_uuid, step_no)
    JOIN tenon.tasks AS t ON t.task_uuid = c.task_uuid
    JOIN tenon.template_steps AS ts ON ts.template_id = t.template_id AND ts.step_no = c.step_no
    CROSS JOIN LATERAL unnest(ts.dependencies) AS n (step_no)
    JOIN tenon.workflow_steps AS d ON d.task_uuid = c.task_uuid AND d.step_no = n.step_no
$$;

-- One round trip, one commit. Results: one element per finished attempt in each array; p_results[i]
-- is the JSON of a success, p_failures[i] of a failure (see tenon.fail_steps), the other NULL; both
-- NULL gives the step back unstarted, its attempt not counted. p_queues: the queues to top up from,
-- in the order to ask them. p_want: free handler slots, those of the finished attempts included.
--
-- Rows by kind: 's' and 'd' as in tenon.hydrate_steps; 'r' a result that was refused because the
-- attempt is no longer this host's; 'f' a task that ended (body: its state); 'w' a retry (body:
-- milliseconds until it is due); 'q' a namespace that got steps on its queue (body).
CREATE FUNCTION tenon.advance(
    p_host_id       integer,
    p_task_uuids    uuid[],
    p_step_nos      integer[],
    p_attempts      integer[],
    p_execution_us  bigint[],
    p_results       json[],
    p_failures      json[],
    p_queues        text[],
    p_refused       integer[],
    p_want          integer
) RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
                 template_id integer, correlation_id uuid, body text)
LANGUAGE plpgsql AS $$
DECLARE
    v_now          timestamptz := clock_timestamp();
    v_tasks        uuid[] := '{}';     -- claimed
    v_steps        integer[] := '{}';
    v_claims       integer[] := '{}';
    v_spill_tasks  uuid[];             -- runnable, but beyond p_want
    v_spill_steps  integer[];
    v_settled      integer := 0;       -- attempts that were still this host's
    v_idle_tasks   uuid[];             -- tasks of which nothing was released
    v_fail         record;
    v_more         record;
BEGIN
    IF cardinality(p_task_uuids) > 0 THEN
        WITH settled AS (
            UPDATE tenon.workflow_steps AS s
            SET state = 'complete',
                result = i.result,
                execution_us = i.execution_us,
                settled_at = v_now
            FROM unnest(p_task_uuids, p_step_nos, p_attempts, p_execution_us, p_results)
                     AS i (task_uuid, step_no, attempt, execution_us, result)
            WHERE i.result IS NOT NULL
              AND s.task_uuid = i.task_uuid
              AND s.step_no = i.step_no
              AND s.state = 'in_progress'
              AND s.host_id = p_host_id
              AND s.attempts = i.attempt
            RETURNING s.task_uuid, s.step_no, s.attempts, s.successors
        ), edges AS (
            SELECT e.task_uuid, e.step_no, e.n,
                   row_number() OVER (ORDER BY e.task_uuid, e.step_no) AS rank
            FROM (SELECT s.task_uuid, u.step_no, count(*)::integer AS n
                  FROM settled AS s
                  CROSS JOIN LATERAL unnest(s.successors) AS u (step_no)
                  GROUP BY s.task_uuid, u.step_no) AS e
            ORDER BY e.task_uuid, e.step_no
        ), unlocked AS (
            UPDATE tenon.workflow_steps AS s
            SET waiting_on = s.waiting_on - e.n,
                state = CASE WHEN s.waiting_on > e.n THEN 'pending'
                             WHEN e.rank <= p_want THEN 'in_progress'
                             ELSE 'enqueued' END::tenon.step_state,
                attempts = CASE WHEN s.waiting_on = e.n AND e.rank <= p_want
                                THEN s.attempts + 1 ELSE s.attempts END,
                host_id = CASE WHEN s.waiting_on = e.n AND e.rank <= p_want THEN p_host_id END,
                claimed_at = CASE WHEN s.waiting_on = e.n AND e.rank <= p_want THEN v_now END
            FROM edges AS e
            WHERE s.task_uuid = e.task_uuid
              AND s.step_no = e.step_no
              AND s.state = 'pending'
            RETURNING s.task_uuid, s.step_no, s.state, s.attempts
        ), concerned AS (
            -- Every task that this call may change, locked in key order before the first is: those
            -- of last steps, of steps that released nothing, and of failures.
            SELECT t.task_uuid
            FROM tenon.tasks AS t
            WHERE t.task_uuid = ANY (ARRAY(
                SELECT s.task_uuid FROM settled AS s WHERE s.successors IS NULL
                UNION
                (SELECT s.task_uuid FROM settled AS s
                 EXCEPT
                 SELECT u.task_uuid FROM unlocked AS u WHERE u.state <> 'pending')
                UNION
                SELECT i.task_uuid
                FROM unnest(p_task_uuids, p_failures) AS i (task_uuid, failure)
                WHERE i.failure IS NOT NULL))
            ORDER BY t.task_uuid
            FOR NO KEY UPDATE
        ), finished AS (
            UPDATE tenon.tasks AS t
            SET waiting_on = t.waiting_on - f.n,
                state = CASE WHEN t.waiting_on = f.n
                             THEN 'complete' ELSE t.state END::tenon.task_state,
                settled_at = CASE WHEN t.waiting_on = f.n THEN v_now END
            FROM (SELECT s.task_uuid, count(*)::integer AS n
                  FROM settled AS s
                  WHERE s.successors IS NULL
                  GROUP BY s.task_uuid
                  ORDER BY s.task_uuid) AS f
            WHERE t.task_uuid = f.task_uuid
              AND (SELECT count(*) FROM concerned) >= 0
            RETURNING t.task_uuid, t.state
        ), step_audit AS (
            INSERT INTO tenon.workflow_step_transitions
                (task_uuid, step_no, from_state, to_state, attempt, host_id, at, via)
            SELECT s.task_uuid, s.step_no, 'in_progress'::tenon.step_state,
                   'complete'::tenon.step_state, s.attempts, p_host_id, v_now,
                   '{enqueued_for_orchestration}'::tenon.step_state[]
            FROM settled AS s
            UNION ALL
            SELECT u.task_uuid, u.step_no, 'pending', u.state, u.attempts,
                   CASE WHEN u.state = 'in_progress' THEN p_host_id END, v_now,
                   CASE WHEN u.state = 'in_progress' THEN '{enqueued}'::tenon.step_state[] END
            FROM unlocked AS u
            WHERE u.state <> 'pending'
        ), task_audit AS (
            INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, host_id, at, via)
            SELECT f.task_uuid, 'steps_in_process', 'complete', p_host_id, v_now,
                   '{evaluating_results}'
            FROM finished AS f
            WHERE f.state = 'complete'
        )
        SELECT coalesce(array_agg(u.task_uuid) FILTER (WHERE u.state = 'in_progress'),
                        '{}') AS tasks,
               coalesce(array_agg(u.step_no) FILTER (WHERE u.state = 'in_progress'),
                        '{}') AS steps,
               coalesce(array_agg(u.attempts) FILTER (WHERE u.state = 'in_progress'),
                        '{}') AS claims,
               array_agg(u.task_uuid) FILTER (WHERE u.state = 'enqueued') AS spill_tasks,
               array_agg(u.step_no) FILTER (WHERE u.state = 'enqueued') AS spill_steps,
               (SELECT count(*)::integer FROM settled) AS settled,
               (SELECT array_agg(f.task_uuid)
                FROM finished AS f WHERE f.state = 'complete') AS finished,
               ARRAY(SELECT s.task_uuid FROM settled AS s
                     EXCEPT
                     SELECT u.task_uuid FROM unlocked AS u WHERE u.state <> 'pending'
                     EXCEPT
                     SELECT f.task_uuid FROM finished AS f WHERE f.state = 'complete') AS idle
        INTO v_more
        FROM unlocked AS u;

        v_tasks := v_more.tasks;
        v_steps := v_more.steps;
        v_claims := v_more.claims;
        v_spill_tasks := v_more.spill_tasks;
        v_spill_steps := v_more.spill_steps;
        v_settled := v_more.settled;
        v_idle_tasks := v_more.idle;
        IF v_more.finished IS NOT NULL THEN
            RETURN QUERY
            SELECT 'f'::"char", f, NULL::integer, NULL::integer, NULL::integer, NULL::integer,
                   NULL::uuid, 'complete'
            FROM unnest(v_more.finished) AS f;
        END IF;

        -- The rare rest: failures, attempts given back, results that came too late.
        IF v_settled < cardinality(p_task_uuids) THEN
            FOR v_fail IN
                SELECT * FROM tenon.settle_others(p_host_id, p_task_uuids, p_step_nos, p_attempts,
                                                  p_execution_us, p_results, p_failures, v_now)
            LOOP
                IF v_fail.kind = 'b' THEN
                    v_idle_tasks := v_idle_tasks || v_fail.task_uuid;
                ELSIF v_fail.kind = 'e' THEN
                    v_spill_tasks := v_spill_tasks || v_fail.task_uuid;
                    v_spill_steps := v_spill_steps || v_fail.step_no;
                ELSE
                    kind := v_fail.kind;
                    task_uuid := v_fail.task_uuid;
                    step_no := v_fail.step_no;
                    body := v_fail.body;
                    RETURN NEXT;
                END IF;
            END LOOP;
        END IF;

        IF cardinality(v_idle_tasks) > 0 THEN
            RETURN QUERY
            SELECT 'f'::"char", b.task_uuid, NULL::integer, NULL::integer, NULL::integer,
                   NULL::integer, NULL::uuid, b.state::text
            FROM tenon.block_tasks(v_idle_tasks, p_host_id) AS b;
        END IF;
        IF v_spill_tasks IS NOT NULL THEN
            RETURN QUERY
            SELECT 'q'::"char", NULL::uuid, NULL::integer, NULL::integer, NULL::integer,
                   NULL::integer, NULL::uuid, q
            FROM tenon.send_steps(v_spill_tasks, v_spill_steps) AS q;
        END IF;
    END IF;

    IF cardinality(p_queues) > 0 AND p_want > cardinality(v_tasks) THEN
        SELECT coalesce(array_agg(c.task_uuid), '{}') AS tasks,
               coalesce(array_agg(c.step_no), '{}') AS steps,
               coalesce(array_agg(c.attempts), '{}') AS claims
        INTO v_more
        FROM tenon.claim_steps(p_host_id, p_queues, p_refused, p_want - cardinality(v_tasks)) AS c;
        v_tasks := v_tasks || v_more.tasks;
        v_steps := v_steps || v_more.steps;
        v_claims := v_claims || v_more.claims;
    END IF;

    IF cardinality(v_tasks) > 0 THEN
        RETURN QUERY SELECT * FROM tenon.hydrate_steps(v_tasks, v_steps, v_claims);
    END IF;
END
$$;

-- Everything in a batch that is not a success of an attempt that is still this host's. Rows by
-- kind: 'w' and 'r' as in tenon.advance, 'b' a task to re-evaluate, 'e' a step given back.
CREATE FUNCTION tenon.settle_others(
    p_host_id integer, p_task_uuids uuid[], p_step_nos integer[], p_attempts integer[],
    p_execution_us bigint[], p_results json[], p_failures json[], p_now timestamptz
) RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, body text)
LANGUAGE plpgsql AS $$
DECLARE
    v_mine record;
BEGIN
    -- Successes were settled already: a success that is not complete by now was refused.
    RETURN QUERY
    SELECT 'r'::"char", i.task_uuid, i.step_no, NULL::text
    FROM unnest(p_task_uuids, p_step_nos, p_attempts, p_results)
             AS i (task_uuid, step_no, attempt, result)
    LEFT JOIN tenon.workflow_steps AS s
           ON s.task_uuid = i.task_uuid
          AND s.step_no = i.step_no
          AND s.host_id = p_host_id
          AND s.attempts = i.attempt
          AND (s.state = 'in_progress' OR (i.result IS NOT NULL AND s.state = 'complete'
                                           AND s.settled_at = p_now))
    WHERE s.task_uuid IS NULL;

    SELECT array_agg(m.task_uuid ORDER BY m.task_uuid, m.step_no) AS tasks,
           array_agg(m.step_no ORDER BY m.task_uuid, m.step_no) AS steps,
           array_agg(m.failure ORDER BY m.task_uuid, m.step_no) AS failures,
           array_agg(m.execution_us ORDER BY m.task_uuid, m.step_no) AS execution_us
    INTO v_mine
    FROM (SELECT i.task_uuid, i.step_no, i.failure, i.execution_us
          FROM unnest(p_task_uuids, p_step_nos, p_attempts, p_execution_us, p_failures)
                   AS i (task_uuid, step_no, attempt, execution_us, failure)
          JOIN tenon.workflow_steps AS s ON s.task_uuid = i.task_uuid AND s.step_no = i.step_no
          WHERE i.failure IS NOT NULL
            AND s.state = 'in_progress'
            AND s.host_id = p_host_id
            AND s.attempts = i.attempt
          ORDER BY i.task_uuid, i.step_no
          FOR UPDATE OF s) AS m;
    IF v_mine.tasks IS NOT NULL THEN
        RETURN QUERY
        SELECT CASE WHEN f.step_no IS NULL THEN 'b' ELSE 'w' END::"char", f.task_uuid, f.step_no,
               ceil(extract(epoch FROM f.due_at - clock_timestamp()) * 1000)::bigint::text
        FROM tenon.fail_steps(v_mine.tasks, v_mine.steps, v_mine.failures, v_mine.execution_us,
                              p_host_id) AS f;
    END IF;

    RETURN QUERY
    WITH returned AS (
        UPDATE tenon.workflow_steps AS s
        SET state = 'enqueued',
            attempts = s.attempts - 1,
            host_id = NULL,
            claimed_at = NULL
        FROM (SELECT i.task_uuid, i.step_no, i.attempt
              FROM unnest(p_task_uuids, p_step_nos, p_attempts, p_results, p_failures)
                       AS i (task_uuid, step_no, attempt, result, failure)
              WHERE i.result IS NULL AND i.failure IS NULL
              ORDER BY i.task_uuid, i.step_no) AS i
        WHERE s.task_uuid = i.task_uuid
          AND s.step_no = i.step_no
          AND s.state = 'in_progress'
          AND s.host_id = p_host_id
          AND s.attempts = i.attempt
        RETURNING s.task_uuid, s.step_no, s.attempts
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, via, attempt, host_id, at, reason)
        SELECT r.task_uuid, r.step_no, 'in_progress', 'enqueued', '{waiting_for_retry,pending}',
               r.attempts, p_host_id, p_now, 'given back unstarted'
        FROM returned AS r
    )
    SELECT 'e'::"char", r.task_uuid, r.step_no, NULL::text FROM returned AS r;
END
$$;

-- The result of any ancestor of a step, or NULL when `step_name` is no ancestor or has none yet.
CREATE FUNCTION tenon.ancestor_result(p_task_uuid uuid, p_step_no integer, p_name text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT a.result::text
    FROM tenon.tasks AS t
    JOIN tenon.template_steps AS me ON me.template_id = t.template_id AND me.step_no = p_step_no
    JOIN tenon.template_steps AS ts ON ts.template_id = t.template_id AND ts.name = p_name
    JOIN tenon.workflow_steps AS a ON a.task_uuid = t.task_uuid AND a.step_no = ts.step_no
    WHERE t.task_uuid = p_task_uuid
      AND ts.step_no = ANY (me.ancestors)
$$;

-- Claims of this host that it never heard of: the connection broke after the commit and before the
-- reply. The caller holds back all its other calls meanwhile and names every step it knows to be
-- in progress. The backend of the broken connection is ended first, so that it cannot commit later.
CREATE FUNCTION tenon.recover_claims(p_host_id integer, p_known uuid[], p_backend integer)
RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
               template_id integer, correlation_id uuid, body text)
LANGUAGE plpgsql AS $$
DECLARE
    v_lost record;
BEGIN
    PERFORM pg_terminate_backend(a.pid, 5000)
    FROM pg_stat_activity AS a
    WHERE a.pid = p_backend
      AND a.usename = current_user
      AND a.datname = current_database()
      AND a.application_name LIKE 'tenon%';

    SELECT array_agg(s.task_uuid) AS tasks,
           array_agg(s.step_no) AS steps,
           array_agg(s.attempts) AS attempts
    INTO v_lost
    FROM (SELECT DISTINCT w.task_uuid, w.step_no
          FROM tenon.hosts AS h
          JOIN tenon.workflow_step_transitions AS w ON w.at >= h.claimed_since
          WHERE h.host_id = p_host_id
            AND w.host_id = p_host_id
            AND w.to_state = 'in_progress') AS c
    JOIN tenon.workflow_steps AS s ON s.task_uuid = c.task_uuid AND s.step_no = c.step_no
    WHERE s.state = 'in_progress'
      AND s.host_id = p_host_id
      AND tenon.step_uuid(s.task_uuid, s.step_no) <> ALL (p_known);
    IF v_lost.tasks IS NOT NULL THEN
        RETURN QUERY SELECT * FROM tenon.hydrate_steps(v_lost.tasks, v_lost.steps, v_lost.attempts);
    END IF;
END
$$;
