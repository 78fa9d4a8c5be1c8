-- Claims of steps by name, beside the step path: somebody holds messages of theirs, or asks for
-- one. Everything else about such a claim is as in tenon.claim_steps.

-- Claims those of the named steps that wait for a worker, up to `p_want`, in the order of their
-- keys. p_correlation_ids[i] must be the task's unless it is NULL. p_msg_ids[i] is the message of
-- `p_queue` that named the step, or NULL: it is deleted when its step does not wait any more, and
-- goes back to its old place, not counted as read, when there was only no room for the step.
-- A message that does not fit its step stays, for the caller to archive.
--
-- Rows by kind: 's', 'c', 'd' and 'k' as in tenon.advance; then 'n' for each named step that was
-- not claimed (body: 'unknown', 'other correlation', 'no room', or the state that it is in).
-- Locks in the order of the step path: messages, steps, tasks.
CREATE FUNCTION tenon.claim_named_steps(
    p_host_id         integer,
    p_task_uuids      uuid[],
    p_step_nos        integer[],
    p_correlation_ids uuid[],
    p_queue           text,
    p_msg_ids         bigint[],
    p_want            integer
) RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
                 template_id integer, correlation_id uuid, body text)
LANGUAGE plpgsql AS $$
DECLARE
    v_held    bigint[] := '{}';
    v_claimed record;
    v_verdict record;
BEGIN
    -- What somebody else takes at this moment is his.
    IF p_queue <> '' THEN
        EXECUTE format($sql$
            SELECT coalesce(array_agg(q.msg_id), '{}')
            FROM (SELECT q.msg_id FROM pgmq.%I AS q
                  WHERE q.msg_id = ANY ($1)
                  ORDER BY q.msg_id
                  FOR UPDATE SKIP LOCKED) AS q
            $sql$, 'q_' || p_queue)
        INTO v_held
        USING p_msg_ids;
    END IF;

    WITH wanted AS (
        SELECT s.task_uuid, s.step_no
        FROM (SELECT DISTINCT n.task_uuid, n.step_no
              FROM unnest(p_task_uuids, p_step_nos, p_correlation_ids)
                       AS n (task_uuid, step_no, correlation_id)
              JOIN tenon.tasks AS t ON t.task_uuid = n.task_uuid
              WHERE NOT tenon.has_ended(t.state)
                AND n.correlation_id IS NOT DISTINCT FROM
                    CASE WHEN n.correlation_id IS NOT NULL
                         THEN coalesce(t.correlation_id, t.task_uuid) END) AS n
        JOIN tenon.workflow_steps AS s ON s.task_uuid = n.task_uuid AND s.step_no = n.step_no
        WHERE s.state = 'enqueued'
        ORDER BY s.task_uuid, s.step_no
        LIMIT p_want
        FOR UPDATE OF s
    ), claimed AS (
        UPDATE tenon.workflow_steps AS s
        SET state = 'in_progress',
            attempts = s.attempts + 1,
            host_id = p_host_id,
            claimed_at = clock_timestamp()
        FROM wanted AS w
        WHERE s.task_uuid = w.task_uuid
          AND s.step_no = w.step_no
        RETURNING s.task_uuid, s.step_no, s.attempts, s.claimed_at
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, attempt, host_id, at)
        SELECT c.task_uuid, c.step_no, 'enqueued', 'in_progress', c.attempts, p_host_id,
               c.claimed_at
        FROM claimed AS c
    )
    SELECT coalesce(array_agg(c.task_uuid), '{}') AS tasks,
           coalesce(array_agg(c.step_no), '{}') AS steps,
           coalesce(array_agg(c.attempts), '{}') AS attempts
    INTO v_claimed
    FROM claimed AS c;

    RETURN QUERY
    SELECT * FROM tenon.hydrate_steps(v_claimed.tasks, v_claimed.steps, v_claimed.attempts);
    RETURN QUERY
    SELECT * FROM tenon.hydrate_checkpoints(v_claimed.tasks, v_claimed.steps);

    FOR v_verdict IN
        SELECT n.task_uuid, n.step_no, n.msg_id, n.msg_id = ANY (v_held) AS held,
               tenon.queue_position(t.created_at, t.priority) AS place,
               CASE WHEN s.step_no IS NULL THEN 'unknown'
                    WHEN n.correlation_id <> coalesce(t.correlation_id, t.task_uuid)
                        THEN 'other correlation'
                    WHEN c.step_no IS NOT NULL THEN 'claimed'
                    WHEN s.state = 'enqueued' AND NOT tenon.has_ended(t.state) THEN 'no room'
                    ELSE s.state::text END AS verdict
        FROM unnest(p_task_uuids, p_step_nos, p_correlation_ids, p_msg_ids)
                 AS n (task_uuid, step_no, correlation_id, msg_id)
        LEFT JOIN tenon.tasks AS t ON t.task_uuid = n.task_uuid
        LEFT JOIN tenon.workflow_steps AS s
               ON s.task_uuid = n.task_uuid
              AND s.step_no = n.step_no
        LEFT JOIN unnest(v_claimed.tasks, v_claimed.steps) AS c (task_uuid, step_no)
               ON c.task_uuid = n.task_uuid
              AND c.step_no = n.step_no
    LOOP
        IF v_verdict.held AND v_verdict.verdict = 'no room' THEN
            EXECUTE format('UPDATE pgmq.%I SET vt = $2, read_ct = greatest(read_ct - 1, 0) '
                           'WHERE msg_id = $1', 'q_' || p_queue)
            USING v_verdict.msg_id, v_verdict.place;
        ELSIF v_verdict.held AND v_verdict.verdict NOT IN ('unknown', 'other correlation') THEN
            EXECUTE format('DELETE FROM pgmq.%I WHERE msg_id = $1', 'q_' || p_queue)
            USING v_verdict.msg_id;
        END IF;
        IF v_verdict.verdict <> 'claimed' THEN
            kind := 'n';
            task_uuid := v_verdict.task_uuid;
            step_no := v_verdict.step_no;
            body := v_verdict.verdict;
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

-- How much waits on queues that exist, by their place in `p_queues`: messages that may be read, of
-- which no more than 100 000 are counted, and for how many seconds the one that is read next has
-- been there.
CREATE FUNCTION tenon.queue_depths(p_queues text[])
RETURNS TABLE (place integer, waiting bigint, oldest double precision)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    FOR i IN 1 .. cardinality(p_queues) LOOP
        place := i;
        EXECUTE format($sql$
            SELECT (SELECT count(*) FROM (SELECT FROM pgmq.%1$I AS q
                                          WHERE q.vt <= clock_timestamp()
                                          LIMIT 100000) AS q),
                   (SELECT extract(epoch FROM clock_timestamp() - q.enqueued_at)
                    FROM pgmq.%1$I AS q
                    WHERE q.vt <= clock_timestamp()
                    ORDER BY q.vt
                    LIMIT 1)
            $sql$, 'q_' || p_queues[i])
        INTO waiting, oldest;
        RETURN NEXT;
    END LOOP;
END
$$;
