-- Handlers that may not run as often as their host has slots: what such a host leaves on the queues
-- for others, decided where it claims. A host without limits never comes here.

-- The successors of these steps that a limit concerns (see tenon.advance), by their UUIDs. They are
-- not handed over but go through their queue, where limits are kept.
CREATE FUNCTION tenon.limited_successors(p_task_uuids uuid[], p_step_nos integer[], p_limits json)
RETURNS uuid[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(tenon.step_uuid(s.task_uuid, u.step_no))
    FROM unnest(p_task_uuids, p_step_nos) AS i (task_uuid, step_no)
    JOIN tenon.workflow_steps AS s ON s.task_uuid = i.task_uuid AND s.step_no = i.step_no
    JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
    CROSS JOIN LATERAL unnest(s.successors) AS u (step_no)
    WHERE (t.template_id, u.step_no) IN (
        SELECT l.template_id, l.step_no
        FROM json_to_recordset(p_limits -> 'steps') AS l (template_id integer, step_no integer))
$$;

-- tenon.take_messages for a host with limited handlers: takes up to `p_want` messages of a queue in
-- their order, but of each limited handler and plugin only as many as are free (`p_limits`, see
-- tenon.advance; `p_free`: what is left of its "free"). It looks at twice as many messages as it
-- wants, and further where the limits leave too few of them; it locks only what it takes.
CREATE FUNCTION tenon.take_within_limits(
    p_queue text, p_refused integer[], p_want integer, p_limits json, p_free integer[],
    OUT tasks uuid[], OUT steps integer[], OUT still_free integer[]
)
LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_depth   integer := 2 * p_want + 50;
    v_tried   bigint[] := '{}';    -- somebody else takes them
    v_seen    integer;
    v_ids     bigint[];
    v_groups  integer[];           -- of each: handler and plugin, 0 for none
    v_plugins integer[];
    v_taken   record;
    v_count   integer;
BEGIN
    still_free := p_free;
    tasks := '{}';
    steps := '{}';
    WHILE cardinality(tasks) < p_want LOOP
        EXECUTE format($sql$
            WITH limits AS MATERIALIZED (
                SELECT l.*
                FROM json_to_recordset($4 -> 'steps')
                         AS l (template_id integer, step_no integer, handler integer,
                               plugin integer)
            ), seen AS MATERIALIZED (
                SELECT q.msg_id, q.vt, tenon.uuid_or_null(q.message ->> 'step_uuid') AS step_uuid
                FROM pgmq.%I AS q
                WHERE q.vt <= $1
                  AND q.msg_id <> ALL ($2)
                ORDER BY q.vt
                LIMIT $3
            ), ranked AS (
                SELECT s.msg_id, s.vt, l.handler, l.plugin,
                       row_number() OVER (PARTITION BY l.handler ORDER BY s.vt, s.msg_id) AS place
                FROM seen AS s
                LEFT JOIN tenon.tasks AS t ON t.task_uuid = tenon.task_of_step(s.step_uuid)
                LEFT JOIN limits AS l ON l.template_id = t.template_id
                                     AND l.step_no = tenon.step_no_of_step(s.step_uuid)
                WHERE t.template_id IS NULL
                   OR t.template_id <> ALL ($6)
            ), allowed AS (
                SELECT r.msg_id, r.vt, r.handler, r.plugin,
                       row_number() OVER (PARTITION BY r.plugin ORDER BY r.vt, r.msg_id) AS place
                FROM ranked AS r
                WHERE r.handler IS NULL
                   OR r.place <= ($5)[r.handler]
            ), chosen AS (
                SELECT a.msg_id, a.vt, coalesce(a.handler, 0) AS handler,
                       coalesce(a.plugin, 0) AS plugin
                FROM allowed AS a
                WHERE a.plugin IS NULL
                   OR a.place <= ($5)[a.plugin]
                ORDER BY a.vt, a.msg_id
                LIMIT $7
            )
            SELECT (SELECT count(*) FROM seen), coalesce(array_agg(c.msg_id), '{}'),
                   array_agg(c.handler), array_agg(c.plugin)
            FROM chosen AS c$sql$, 'q_' || p_queue)
        INTO v_seen, v_ids, v_groups, v_plugins
        USING v_now, v_tried, v_depth, p_limits, still_free, p_refused,
              p_want - cardinality(tasks);

        v_count := 0;
        IF cardinality(v_ids) > 0 THEN
            EXECUTE format($sql$
                WITH taken AS (
                    DELETE FROM pgmq.%1$I
                    WHERE msg_id = ANY (ARRAY(
                        SELECT q.msg_id FROM pgmq.%1$I AS q
                        WHERE q.msg_id = ANY ($1)
                        FOR UPDATE SKIP LOCKED))
                    RETURNING msg_id, read_ct, enqueued_at, vt, message,
                              tenon.uuid_or_null(message ->> 'step_uuid') AS step_uuid
                ), poison AS (
                    INSERT INTO pgmq.%2$I (msg_id, read_ct, enqueued_at, vt, message)
                    SELECT t.msg_id, t.read_ct, t.enqueued_at, t.vt,
                           jsonb_build_object('reason', 'the message names no step_uuid',
                                              'message', t.message)
                    FROM taken AS t
                    WHERE t.step_uuid IS NULL
                )
                SELECT coalesce(array_agg(t.msg_id), '{}') AS ids,
                       coalesce(array_agg(tenon.task_of_step(t.step_uuid))
                                FILTER (WHERE t.step_uuid IS NOT NULL), '{}') AS tasks,
                       coalesce(array_agg(tenon.step_no_of_step(t.step_uuid))
                                FILTER (WHERE t.step_uuid IS NOT NULL), '{}') AS steps
                FROM taken AS t$sql$, 'q_' || p_queue, 'a_' || p_queue)
            INTO v_taken
            USING v_ids;
            tasks := tasks || v_taken.tasks;
            steps := steps || v_taken.steps;
            SELECT array_agg(f.n - (SELECT count(*)
                                    FROM unnest(v_ids, v_groups, v_plugins) AS c (id, h, p)
                                    WHERE f.position IN (c.h, c.p)
                                      AND c.id = ANY (v_taken.ids))::integer
                             ORDER BY f.position)
            INTO still_free
            FROM unnest(still_free) WITH ORDINALITY AS f (n, position);
            v_count := cardinality(v_taken.ids);
            v_tried := v_tried || ARRAY(SELECT u FROM unnest(v_ids) AS u
                                        WHERE u <> ALL (v_taken.ids));
        END IF;
        EXIT WHEN v_seen < v_depth AND v_count = cardinality(v_ids);
        IF cardinality(tasks) < p_want THEN
            v_depth := least(v_depth, 100000000) * 4;
        END IF;
    END LOOP;
END
$$;
