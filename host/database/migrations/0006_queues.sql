-- The queues of the product, in PGMQ's layout: <namespace>_queue for steps that wait for a worker,
-- three on which workers and clients talk to the orchestration role, and <namespace>_domain_events
-- for whoever wants to know what happened. A message carries ids only, but for events, for task
-- requests and for the results of workers that speak nothing but PGMQ.

DO $$
DECLARE
    v_queue text;
BEGIN
    FOREACH v_queue IN ARRAY '{orchestration_task_requests,orchestration_step_results,
                               orchestration_task_finalizations}'::text[] LOOP
        IF NOT EXISTS (SELECT FROM pgmq.meta AS m WHERE m.queue_name = v_queue) THEN
            PERFORM pgmq.create(v_queue);
        END IF;
    END LOOP;
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
                         ORDER BY s.task_uuid, s.step_no) AS messages,
               array_agg(tenon.queue_position(t.created_at, t.priority)
                         ORDER BY s.task_uuid, s.step_no) AS positions
        FROM unnest(p_task_uuids, p_step_nos) AS s (task_uuid, step_no)
        JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
        JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
        GROUP BY tt.namespace
    LOOP
        PERFORM tenon.send_messages(v_batch.namespace || '_queue', v_batch.positions,
                                    v_batch.messages);
        RETURN NEXT v_batch.namespace;
    END LOOP;
END
$$;

-- The statements of the step path that name a queue's table. A statement that is put together when
-- it runs is planned every time, which costs as much as the rest of the call; so there is one for
-- each queue of a namespace, in functions that this one makes anew when a namespace is added:
--
--   send_messages(p_queue, p_positions, p_messages)
--   queue_head(p_queue)             where the next message stands; NULL: the queue is empty
--   take_messages(p_queue, p_refused, p_want) → tasks, steps
--                                   takes up to `p_want` messages and returns the steps they name
--                                   (NULL: none).
--                                   Messages that name no step are archived, never redelivered.
--                                   Steps of the templates in `p_refused`, which this host cannot
--                                   run, stay for other hosts.
--   send_events(p_queue, p_documents) → msg_id of each, in their order; made with the first queue
--                                   of events
CREATE FUNCTION tenon.make_queue_functions() RETURNS void
LANGUAGE plpgsql AS $make$
DECLARE
    v_queue text;
    v_send  text := '';
    v_head  text := '';
    v_take  text := '';
    v_event text := '';
    v_taking text := $sql$
        WITH taken AS (
            DELETE FROM pgmq.%1$I
            WHERE msg_id = ANY (ARRAY(
                SELECT q.msg_id
                FROM pgmq.%1$I AS q
                WHERE q.vt <= v_now%2$s
                ORDER BY q.vt
                LIMIT p_want
                FOR UPDATE SKIP LOCKED))
            RETURNING msg_id, read_ct, enqueued_at, vt, message,
                      tenon.uuid_or_null(message ->> 'step_uuid') AS step_uuid
        )
        SELECT array_agg(tenon.task_of_step(t.step_uuid)) FILTER (WHERE t.step_uuid IS NOT NULL),
               array_agg(tenon.step_no_of_step(t.step_uuid)) FILTER (WHERE t.step_uuid IS NOT NULL),
               jsonb_agg(to_jsonb(t)) FILTER (WHERE t.step_uuid IS NULL)
        INTO tasks, steps, v_poison
        FROM taken AS t;$sql$;
BEGIN
    FOR v_queue IN SELECT n.name || '_queue' FROM tenon.task_namespaces AS n ORDER BY n.name LOOP
        v_send := v_send || format($sql$
    WHEN %1$L THEN
        INSERT INTO pgmq.%2$I (vt, message)
        SELECT m.vt, m.message FROM unnest(p_positions, p_messages) AS m (vt, message);$sql$,
            v_queue, 'q_' || v_queue);

        v_head := v_head || format($sql$
    WHEN %1$L THEN
        RETURN (SELECT q.vt FROM pgmq.%2$I AS q WHERE q.vt <= v_now ORDER BY q.vt LIMIT 1);$sql$,
            v_queue, 'q_' || v_queue);

        v_take := v_take || format($sql$
    WHEN %1$L THEN
        IF p_refused = '{}' THEN %4$s
        ELSE %5$s
        END IF;
        IF v_poison IS NOT NULL THEN
            INSERT INTO pgmq.%3$I (msg_id, read_ct, enqueued_at, vt, message)
            SELECT t.msg_id, t.read_ct, t.enqueued_at, t.vt,
                   jsonb_build_object('reason', 'the message names no step_uuid',
                                      'message', t.message)
            FROM jsonb_populate_recordset(NULL::pgmq.%3$I, v_poison) AS t;
        END IF;$sql$,
            v_queue, 'q_' || v_queue, 'a_' || v_queue,
            format(v_taking, 'q_' || v_queue, ''),
            format(v_taking, 'q_' || v_queue, $sql$
                  AND NOT EXISTS (
                      SELECT FROM tenon.tasks AS t
                      WHERE t.task_uuid = tenon.uuid_or_null(q.message ->> 'task_uuid')
                        AND t.template_id = ANY (p_refused))$sql$));
    END LOOP;
    FOR v_queue IN SELECT m.queue_name FROM pgmq.meta AS m
                   JOIN tenon.task_namespaces AS n ON m.queue_name = n.name || '_domain_events'
                   ORDER BY m.queue_name LOOP
        v_event := v_event || format($sql$
    WHEN %1$L THEN
        RETURN QUERY
        INSERT INTO pgmq.%2$I (vt, message)
        SELECT clock_timestamp(), d.document
        FROM unnest(p_documents) WITH ORDINALITY AS d (document, position)
        ORDER BY d.position
        RETURNING msg_id;$sql$,
            v_queue, 'q_' || v_queue);
    END LOOP;

    EXECUTE format($function$
CREATE OR REPLACE FUNCTION tenon.send_messages(
    p_queue text, p_positions timestamptz[], p_messages jsonb[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    CASE p_queue%s
    END CASE;
END
$$$function$, v_send);
    EXECUTE format($function$
CREATE OR REPLACE FUNCTION tenon.queue_head(p_queue text) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    CASE p_queue%s
    END CASE;
END
$$$function$, v_head);
    EXECUTE format($function$
CREATE OR REPLACE FUNCTION tenon.take_messages(
    p_queue text, p_refused integer[], p_want integer,
    OUT tasks uuid[], OUT steps integer[]
)
LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_poison  jsonb;    -- messages that name no step
BEGIN
    CASE p_queue%s
    END CASE;
END
$$$function$, v_take);
    IF v_event <> '' THEN
        EXECUTE format($function$
CREATE OR REPLACE FUNCTION tenon.send_events(p_queue text, p_documents jsonb[])
RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
BEGIN
    CASE p_queue%s
    END CASE;
END
$$$function$, v_event);
    END IF;
END
$make$;

-- Removes the messages among the first thousand of a queue whose steps do not wait for a worker any
-- more, as after a cancellation.
CREATE FUNCTION tenon.discard_stale_messages(p_queue text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($sql$
        DELETE FROM pgmq.%1$I
        WHERE msg_id = ANY (ARRAY(
            SELECT m.msg_id
            FROM (SELECT q.msg_id, tenon.uuid_or_null(q.message ->> 'step_uuid') AS step_uuid
                  FROM pgmq.%1$I AS q
                  WHERE q.vt <= $1
                  ORDER BY q.vt
                  LIMIT 1000
                  FOR UPDATE SKIP LOCKED) AS m
            LEFT JOIN tenon.workflow_steps AS s
                   ON s.task_uuid = tenon.task_of_step(m.step_uuid)
                  AND s.step_no = tenon.step_no_of_step(m.step_uuid)
            WHERE m.step_uuid IS NOT NULL
              AND s.state IS DISTINCT FROM 'enqueued'))
        $sql$, 'q_' || p_queue)
        USING clock_timestamp();
END
$$;

-- Moves messages to the archive of their queue, each with the reason why it was not processed:
-- {"reason": …, "message": …}. Returns how many were still there.
CREATE FUNCTION tenon.archive_messages(p_queue text, p_msg_ids bigint[], p_reasons text[])
RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    EXECUTE format($sql$
        WITH removed AS (
            DELETE FROM pgmq.%1$I AS q
            USING unnest($1, $2) AS r (msg_id, reason)
            WHERE q.msg_id = r.msg_id
            RETURNING q.msg_id, q.read_ct, q.enqueued_at, q.vt, q.message, r.reason
        )
        INSERT INTO pgmq.%2$I (msg_id, read_ct, enqueued_at, vt, message)
        SELECT r.msg_id, r.read_ct, r.enqueued_at, r.vt,
               jsonb_build_object('reason', left(r.reason, 1000), 'message', r.message)
        FROM removed AS r
        $sql$, 'q_' || p_queue, 'a_' || p_queue)
        USING p_msg_ids, p_reasons;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
