-- The step path: one call settles what a host finished, unlocks what that frees, hands it on to the
-- same host, tops up from the queues, and returns everything the handlers need. Locks are taken in
-- the order of tenon.settle_successes: steps, then tasks, each in key order.

-- Claims up to `p_want` enqueued steps from the queues, shared fairly: every queue is offered an
-- equal part of what is left, then the rest goes to whoever still has some. Messages of steps that
-- do not wait any more are cleared away, and count for nothing. p_limits: as in tenon.advance.
-- claims: the attempts; resumes: one of the steps has a checkpoint.
CREATE FUNCTION tenon.claim_steps(
    p_host_id integer, p_queues text[], p_refused integer[], p_want integer, p_limits json,
    OUT tasks uuid[], OUT steps integer[], OUT claims integer[], OUT resumes boolean
)
LANGUAGE plpgsql AS $$
DECLARE
    v_queues   text[] := p_queues;
    v_full     text[];
    v_left     integer := p_want;
    v_share    integer;
    v_taken    record;
    v_count    integer;
    v_claimed  record;
    v_stale    integer := 0;    -- rounds that met stale messages: bounded, as is the call's time
    v_free     integer[];       -- calls that limited handlers still allow
BEGIN
    tasks := '{}';
    steps := '{}';
    claims := '{}';
    resumes := false;
    IF p_limits IS NOT NULL THEN
        v_free := ARRAY(SELECT n::integer
                        FROM json_array_elements_text(p_limits -> 'free') WITH ORDINALITY
                                 AS f (n, position)
                        ORDER BY f.position);
    END IF;
    WHILE v_left > 0 AND cardinality(v_queues) > 0 AND v_stale < 50 LOOP
        v_full := '{}';
        FOR i IN 1 .. cardinality(v_queues) LOOP
            v_share := ceil(v_left::numeric / (cardinality(v_queues) - i + 1));
            EXIT WHEN v_share <= 0;
            IF p_limits IS NULL THEN
                v_taken := tenon.take_messages(v_queues[i], p_refused, v_share);
            ELSE
                v_taken := tenon.take_within_limits(v_queues[i], p_refused, v_share, p_limits,
                                                    v_free);
                v_free := v_taken.still_free;
            END IF;
            v_count := coalesce(cardinality(v_taken.tasks), 0);
            CONTINUE WHEN v_count = 0;

            WITH claimed AS (
                UPDATE tenon.workflow_steps AS s
                SET state = 'in_progress',
                    attempts = s.attempts + 1,
                    host_id = p_host_id,
                    claimed_at = clock_timestamp()
                FROM (SELECT m.task_uuid, m.step_no
                      FROM unnest(v_taken.tasks, v_taken.steps) AS m (task_uuid, step_no)
                      ORDER BY m.task_uuid, m.step_no) AS m
                WHERE s.task_uuid = m.task_uuid
                  AND s.step_no = m.step_no
                  AND s.state = 'enqueued'
                RETURNING s.task_uuid, s.step_no, s.attempts, s.claimed_at,
                          s.checkpoint IS NOT NULL OR s.yields IS NOT NULL AS resumes
            ), audit AS (
                INSERT INTO tenon.workflow_step_transitions
                    (task_uuid, step_no, from_state, to_state, attempt, host_id, at)
                SELECT c.task_uuid, c.step_no, 'enqueued', 'in_progress', c.attempts, p_host_id,
                       c.claimed_at
                FROM claimed AS c
            )
            SELECT array_agg(c.task_uuid) AS tasks, array_agg(c.step_no) AS steps,
                   array_agg(c.attempts) AS attempts, bool_or(c.resumes) AS resumes,
                   count(*)::integer AS n
            INTO v_claimed
            FROM claimed AS c;
            IF v_claimed.n > 0 THEN
                tasks := tasks || v_claimed.tasks;
                steps := steps || v_claimed.steps;
                claims := claims || v_claimed.attempts;
                resumes := resumes OR v_claimed.resumes;
            END IF;
            IF v_claimed.n < v_count THEN
                PERFORM tenon.discard_stale_messages(v_queues[i]);
                v_stale := v_stale + 1;
            END IF;
            v_left := v_left - v_claimed.n;
            IF v_count = v_share THEN
                v_full := v_full || v_queues[i];
            END IF;
        END LOOP;
        v_queues := v_full;
    END LOOP;
END
$$;

-- What a handler needs, as rows: kind 's' a claimed step (body: the task's context), followed by
-- kind 'd' the result of each of its direct dependencies (ref_no: its step number). A step whose
-- task ended while it was being claimed has kind 'c' instead of 's': to be given back, not run.
CREATE FUNCTION tenon.hydrate_steps(p_task_uuids uuid[], p_step_nos integer[], p_attempts integer[])
RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
               template_id integer, correlation_id uuid, body text)
LANGUAGE sql STABLE AS $$
    SELECT r.kind, c.task_uuid, c.step_no, r.ref_no, r.attempt, r.template_id, r.correlation_id,
           r.body
    FROM unnest(p_task_uuids, p_step_nos, p_attempts) AS c (task_uuid, step_no, attempt)
    JOIN tenon.tasks AS t ON t.task_uuid = c.task_uuid
    CROSS JOIN LATERAL (
        SELECT CASE WHEN tenon.has_ended(t.state) THEN 'c' ELSE 's' END::"char" AS kind,
               NULL::integer AS ref_no, c.attempt, t.template_id,
               coalesce(t.correlation_id, t.task_uuid) AS correlation_id, t.context::text AS body
        UNION ALL
        SELECT 'd'::"char", d.step_no, NULL, NULL, NULL, d.result::text
        FROM tenon.template_steps AS ts
        CROSS JOIN LATERAL unnest(ts.dependencies) AS n (step_no)
        CROSS JOIN LATERAL (
            SELECT d.step_no, d.result
            FROM tenon.workflow_steps AS d
            WHERE d.task_uuid = c.task_uuid
              AND d.step_no = n.step_no
            OFFSET 0) AS d
        WHERE ts.template_id = t.template_id
          AND ts.step_no = c.step_no) AS r
$$;

-- What steps that were claimed take up, as rows of kind 'k': the number of their yields (ref_no),
-- how many of the latest in a row saved nothing new (attempt), and their checkpoint (or NULL).
CREATE FUNCTION tenon.hydrate_checkpoints(p_task_uuids uuid[], p_step_nos integer[])
RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
               template_id integer, correlation_id uuid, body text)
LANGUAGE sql STABLE AS $$
    SELECT 'k'::"char", s.task_uuid, s.step_no, coalesce(s.yields, 0), coalesce(s.stalls, 0),
           NULL::integer, NULL::uuid, s.checkpoint::text
    FROM unnest(p_task_uuids, p_step_nos) AS c (task_uuid, step_no)
    JOIN tenon.workflow_steps AS s ON s.task_uuid = c.task_uuid AND s.step_no = c.step_no
    WHERE s.checkpoint IS NOT NULL
       OR s.yields IS NOT NULL
$$;

-- Stores where a running attempt would be taken up, durably, whatever becomes of it. False when the
-- attempt is no longer this host's.
CREATE FUNCTION tenon.save_checkpoint(
    p_host_id integer, p_task_uuid uuid, p_step_no integer, p_attempt integer, p_checkpoint json
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenon.workflow_steps AS s
    SET checkpoint = p_checkpoint
    WHERE s.task_uuid = p_task_uuid
      AND s.step_no = p_step_no
      AND s.state = 'in_progress'
      AND s.host_id = p_host_id
      AND s.attempts = p_attempt;
    RETURN FOUND;
END
$$;

-- One round trip, one commit. Results: one element per finished attempt in each array; p_results[i]
-- is the JSON of a success, p_failures[i] of a failure (see tenon.fail_steps), the other NULL; both
-- NULL gives the step back unstarted, its attempt not counted. The failure {"yield": true} gives it
-- back to be taken up at its checkpoint, with "stalled": true where that is the one it began with;
-- {"yield": false} gives a step back that its host asked to stop, its attempt not counted either,
-- with "reload": true where a newer build of its plugin was the reason.
-- p_queues: the queues to top up from, in the order to ask them. p_want: free handler slots, those
-- of the finished attempts included.
--
-- p_limits: {"steps": [{"template_id", "step_no", "handler", "plugin"}], "free": [n]}: the steps
-- whose handlers may not run as often as there are slots, and how many calls are free; `handler`
-- and `plugin` are positions in `free`, from 1, `plugin` or `handler` null where there is no such
-- limit. What is not claimed for a limit stays on its queue for other hosts. NULL: no limits, and
-- no cost.
--
-- p_events: what handlers want said, [{task_uuid, step_no, events: [{name, payload}]}]; NULL: none.
--
-- p_generations: of the plugin that ran each attempt (see tenon.host_plugins), NULL where none did.
--
-- Rows by kind: 's', 'c' and 'd' as in tenon.hydrate_steps, 'k' as in tenon.hydrate_checkpoints
-- (after all of those); 'r' a result that was refused because the
-- attempt is no longer this host's; 'f' a task that ended (body: its state); 'w' a retry (body:
-- milliseconds until it is due); 'q' a namespace that got steps on its queue (body); 'v' and 'j' as
-- in tenon.publish_events.
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
    p_want          integer,
    p_events        json DEFAULT NULL,
    p_limits        json DEFAULT NULL,
    p_generations   integer[] DEFAULT NULL
) RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
                 template_id integer, correlation_id uuid, body text)
LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_tasks   uuid[] := '{}';     -- claimed
    v_steps   integer[] := '{}';
    v_claims  integer[] := '{}';
    v_resumes boolean := false;   -- whether one of them has a checkpoint
    v_done    record;
    v_fail    record;
    v_more    record;
    v_queue   text;
    v_head    timestamptz;        -- of what is on the queues
    v_concerned  uuid[] := '{}';
    v_held    uuid[];
BEGIN
    IF cardinality(p_task_uuids) > 0 THEN
        FOREACH v_queue IN ARRAY p_queues LOOP
            v_head := least(v_head, tenon.queue_head(v_queue));
        END LOOP;
        IF num_nulls(VARIADIC p_results) > 0 THEN
            v_concerned := ARRAY(SELECT i.task_uuid
                                 FROM unnest(p_task_uuids, p_results) AS i (task_uuid, result)
                                 WHERE i.result IS NULL);
        END IF;
        IF p_limits IS NOT NULL THEN
            v_held := tenon.limited_successors(p_task_uuids, p_step_nos, p_limits);
        END IF;
        v_done := tenon.settle_successes(
            p_host_id, 'in_progress', p_task_uuids, p_step_nos, p_attempts, p_execution_us,
            p_results, p_want, v_head, true, v_concerned, v_now, v_held, p_generations);
        v_tasks := v_done.tasks;
        v_steps := v_done.steps;
        v_claims := v_done.claims;
        IF v_done.finished IS NOT NULL THEN
            kind := 'f';
            body := 'complete';
            FOREACH task_uuid IN ARRAY v_done.finished LOOP
                RETURN NEXT;
            END LOOP;
        END IF;

        -- The rare rest: failures, attempts given back, results that came too late.
        IF v_done.settled < cardinality(p_task_uuids) THEN
            FOR v_fail IN
                SELECT * FROM tenon.settle_others(p_host_id, p_task_uuids, p_step_nos, p_attempts,
                                                  p_execution_us, p_results, p_failures, v_now,
                                                  p_generations)
            LOOP
                IF v_fail.kind = 'b' THEN
                    v_done.idle := v_done.idle || v_fail.task_uuid;
                ELSIF v_fail.kind = 'e' THEN
                    v_done.spill_tasks := v_done.spill_tasks || v_fail.task_uuid;
                    v_done.spill_steps := v_done.spill_steps || v_fail.step_no;
                ELSIF v_fail.kind = 'p' THEN
                    v_done.publishing := v_done.publishing
                        || tenon.step_uuid(v_fail.task_uuid, v_fail.step_no);
                ELSE
                    kind := v_fail.kind;
                    task_uuid := v_fail.task_uuid;
                    step_no := v_fail.step_no;
                    body := v_fail.body;
                    RETURN NEXT;
                END IF;
            END LOOP;
        END IF;

        IF cardinality(v_done.idle) > 0 THEN
            RETURN QUERY
            SELECT 'f'::"char", b.task_uuid, NULL::integer, NULL::integer, NULL::integer,
                   NULL::integer, NULL::uuid, b.state::text
            FROM tenon.block_tasks(v_done.idle, p_host_id) AS b;
        END IF;
        IF v_done.spill_tasks IS NOT NULL THEN
            RETURN QUERY
            SELECT 'q'::"char", NULL::uuid, NULL::integer, NULL::integer, NULL::integer,
                   NULL::integer, NULL::uuid, q
            FROM tenon.send_steps(v_done.spill_tasks, v_done.spill_steps) AS q;
        END IF;
        IF v_done.publishing IS NOT NULL THEN
            RETURN QUERY
            SELECT e.kind, e.task_uuid, e.step_no, NULL::integer, NULL::integer, NULL::integer,
                   NULL::uuid, e.body
            FROM tenon.publish_events(v_done.publishing, p_events, NULL) AS e;
        END IF;
    END IF;

    IF cardinality(p_queues) > 0 AND p_want > cardinality(v_tasks) THEN
        v_more := tenon.claim_steps(p_host_id, p_queues, p_refused, p_want - cardinality(v_tasks),
                                    p_limits);
        v_tasks := v_tasks || v_more.tasks;
        v_steps := v_steps || v_more.steps;
        v_claims := v_claims || v_more.claims;
        v_resumes := v_more.resumes;
    END IF;

    IF cardinality(v_tasks) > 0 THEN
        RETURN QUERY SELECT * FROM tenon.hydrate_steps(v_tasks, v_steps, v_claims);
    END IF;
    IF v_resumes THEN
        RETURN QUERY SELECT * FROM tenon.hydrate_checkpoints(v_tasks, v_steps);
    END IF;
END
$$;

-- Everything in a batch that is not a success of an attempt that is still this host's. Rows by
-- kind: 'w' and 'r' as in tenon.advance, 'b' a task to re-evaluate, 'e' a step given back, 'p' a
-- step that has events to publish.
CREATE FUNCTION tenon.settle_others(
    p_host_id integer, p_task_uuids uuid[], p_step_nos integer[], p_attempts integer[],
    p_execution_us bigint[], p_results json[], p_failures json[], p_now timestamptz,
    p_generations integer[]
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
           array_agg(m.execution_us ORDER BY m.task_uuid, m.step_no) AS execution_us,
           array_agg(m.generation ORDER BY m.task_uuid, m.step_no) AS generations
    INTO v_mine
    FROM (SELECT i.task_uuid, i.step_no, i.failure, i.execution_us, i.generation
          FROM unnest(p_task_uuids, p_step_nos, p_attempts, p_execution_us, p_failures,
                      p_generations)
                   AS i (task_uuid, step_no, attempt, execution_us, failure, generation)
          JOIN tenon.workflow_steps AS s ON s.task_uuid = i.task_uuid AND s.step_no = i.step_no
          WHERE i.failure IS NOT NULL
            AND i.failure ->> 'yield' IS NULL
            AND s.state = 'in_progress'
            AND s.host_id = p_host_id
            AND s.attempts = i.attempt
          ORDER BY i.task_uuid, i.step_no
          FOR UPDATE OF s) AS m;
    IF v_mine.tasks IS NOT NULL THEN
        RETURN QUERY
        SELECT CASE WHEN f.step_no IS NULL THEN 'b' WHEN f.due_at IS NULL THEN 'p'
                    ELSE 'w' END::"char",
               f.task_uuid, f.step_no,
               ceil(extract(epoch FROM f.due_at - clock_timestamp()) * 1000)::bigint::text
        FROM tenon.fail_steps(v_mine.tasks, v_mine.steps, v_mine.failures, v_mine.execution_us,
                              p_host_id, 'in_progress', v_mine.generations) AS f;
    END IF;

    -- In a task that has ended meanwhile, what is given back ends as well.
    RETURN QUERY
    WITH returned AS (
        UPDATE tenon.workflow_steps AS s
        SET state = CASE WHEN i.task_state = 'error' THEN 'error'
                         WHEN tenon.has_ended(i.task_state) THEN 'cancelled'
                         ELSE 'enqueued' END::tenon.step_state,
            failure = CASE i.task_state WHEN 'error' THEN json_build_object(
                'message', 'its task ended before it began', 'error_type', 'TaskEnded',
                'error_code', 'TASK_ENDED', 'retryable', false) ELSE s.failure END,
            attempts = s.attempts - CASE WHEN i.yielded THEN 0 ELSE 1 END,
            yields = CASE WHEN i.yielded THEN coalesce(s.yields, 0) + 1 ELSE s.yields END,
            stalls = CASE WHEN NOT i.yielded THEN s.stalls
                          WHEN i.stalled THEN coalesce(s.stalls, 0) + 1 END,
            host_id = NULL,
            claimed_at = NULL
        FROM (SELECT i.task_uuid, i.step_no, i.attempt, t.state AS task_state,
                     coalesce((i.failure ->> 'yield')::boolean, false) AS yielded,
                     i.failure ->> 'stalled' IS NOT NULL AS stalled,
                     i.failure IS NOT NULL AS begun,
                     i.failure ->> 'reload' IS NOT NULL AS reload,
                     i.generation
              FROM unnest(p_task_uuids, p_step_nos, p_attempts, p_results, p_failures,
                          p_generations)
                       AS i (task_uuid, step_no, attempt, result, failure, generation)
              JOIN tenon.tasks AS t ON t.task_uuid = i.task_uuid
              WHERE i.result IS NULL
                AND (i.failure IS NULL OR i.failure ->> 'yield' IS NOT NULL)
              ORDER BY i.task_uuid, i.step_no) AS i
        WHERE s.task_uuid = i.task_uuid
          AND s.step_no = i.step_no
          AND s.state = 'in_progress'
          AND s.host_id = p_host_id
          AND s.attempts = i.attempt
        RETURNING s.task_uuid, s.step_no, s.attempts, s.state, i.yielded, i.begun, i.reload,
                  i.generation
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, via, attempt, host_id, at, reason,
             generation)
        SELECT r.task_uuid, r.step_no, 'in_progress', r.state,
               CASE r.state WHEN 'enqueued' THEN '{waiting_for_retry,pending}'
                            WHEN 'error' THEN '{enqueued_as_error_for_orchestration}'
               END::tenon.step_state[],
               r.attempts, p_host_id, p_now,
               CASE WHEN r.yielded THEN 'yielded at a checkpoint'
                    WHEN r.reload THEN 'stopped for a newer build'
                    WHEN r.begun THEN 'stopped with its host'
                    ELSE 'given back unstarted' END,
               r.generation
        FROM returned AS r
    )
    SELECT 'e'::"char", r.task_uuid, r.step_no, NULL::text
    FROM returned AS r
    WHERE r.state = 'enqueued';
END
$$;

-- The result of any ancestor of a step, or NULL when `step_name` is no ancestor or has none yet.
CREATE FUNCTION tenon.ancestor_result(p_task_uuid uuid, p_step_no integer, p_name text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT a.result::text
    FROM tenon.tasks AS t
    JOIN tenon.template_steps AS me ON me.template_id = t.template_id AND me.step_no = p_step_no
    CROSS JOIN LATERAL (
        -- Among the steps of this template, however many others have a step of this name.
        SELECT n.step_no
        FROM tenon.template_steps AS n
        WHERE n.template_id = t.template_id
          AND n.name = p_name
        OFFSET 0) AS ts
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
            AND w.task_uuid >= (SELECT t.task_uuid FROM tenon.tasks AS t
                                ORDER BY t.task_uuid LIMIT 1)
            AND w.host_id = p_host_id
            AND w.to_state = 'in_progress') AS c
    JOIN tenon.workflow_steps AS s ON s.task_uuid = c.task_uuid AND s.step_no = c.step_no
    WHERE s.state = 'in_progress'
      AND s.host_id = p_host_id
      AND tenon.step_uuid(s.task_uuid, s.step_no) <> ALL (p_known);
    IF v_lost.tasks IS NOT NULL THEN
        RETURN QUERY SELECT * FROM tenon.hydrate_steps(v_lost.tasks, v_lost.steps, v_lost.attempts);
        RETURN QUERY SELECT * FROM tenon.hydrate_checkpoints(v_lost.tasks, v_lost.steps);
    END IF;
END
$$;
