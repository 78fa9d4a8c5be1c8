-- Domain events: what the steps of a template tell the world when they settle. A step that declares
-- none never comes here. Everything happens in the transaction that settles the step, so that an
-- event is stored if and only if its attempt counts; and nothing that is wrong with an event may
-- fail the step or its batch: it is put down in tenon.event_rejections instead.

-- A document as the queues hold it; NULL where jsonb cannot say it, as a number beyond its range.
CREATE FUNCTION tenon.jsonb_or_null(p_document json) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN p_document::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
    RETURN NULL;
END
$$;

-- Why an event must not say `p_said`; NULL: it may.
CREATE FUNCTION tenon.event_violation(p_schema jsonb, p_said jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN tenon.schema_violation(p_schema, p_said);
EXCEPTION WHEN OTHERS THEN
    RETURN 'its schema cannot be applied: ' || SQLERRM;
END
$$;

-- One UUID for one event of one attempt, the same whoever asks. Attempts are told apart by their
-- number and by the moment they settled, because a step that is reset counts from 1 again.
CREATE FUNCTION tenon.event_id(
    p_task_uuid uuid, p_step_no integer, p_attempt integer, p_settled_at timestamptz, p_name text,
    p_event_no integer, p_ordinal bigint
) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
    -- A UUID of version 8: the hash with the version and the variant in their places.
    SELECT overlay(overlay(h PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid
    FROM md5(concat_ws('/', p_task_uuid, p_step_no, p_attempt, extract(epoch FROM p_settled_at),
                       p_name, p_event_no, p_ordinal)) AS h
$$;

-- The events of steps that have just settled in this transaction, each as it is to be published or
-- with the reason why it is not. p_events as in tenon.publish_events. `said` is what the schema is
-- about: the handler's own words, or else the result or the failure.
CREATE FUNCTION tenon.events_of_steps(
    p_step_uuids uuid[], p_events json, p_by text
) RETURNS TABLE (task_uuid uuid, step_no integer, attempt integer, namespace text, name text,
                 delivery_mode tenon.delivery_mode, document jsonb, reason text)
LANGUAGE sql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
    WITH settled AS MATERIALIZED (
        SELECT s.task_uuid, s.step_no, s.attempts, s.settled_at, s.state,
               s.attempts - coalesce(s.yields, 0) AS attempt,
               t.template_id, coalesce(t.correlation_id, t.task_uuid) AS correlation_id,
               tt.namespace, tt.name AS template_name, tt.version, ts.name AS step_name,
               coalesce(p_by, ts.callable) AS fired_by,
               s.state IN ('complete', 'resolved_manually') AS success,
               -- A result that is there is JSON, so none at all is 'null'.
               tenon.jsonb_or_null(coalesce(
                   CASE WHEN s.state IN ('complete', 'resolved_manually')
                        THEN s.result ELSE s.failure END, 'null')) AS made,
               CASE WHEN p_by IS NULL
                    THEN coalesce(given.events,
                                  CASE WHEN (s.events ->> 'attempt')::integer = s.attempts
                                       THEN s.events -> 'events' END) END AS events
        FROM unnest(p_step_uuids) AS p (step_uuid)
        JOIN tenon.workflow_steps AS s
          ON s.task_uuid = tenon.task_of_step(p.step_uuid)
         AND s.step_no = tenon.step_no_of_step(p.step_uuid)
        JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
        JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
        JOIN tenon.template_steps AS ts
          ON ts.template_id = t.template_id AND ts.step_no = s.step_no
        LEFT JOIN LATERAL (
            SELECT e.value -> 'events' AS events
            FROM json_array_elements(p_events) AS e
            WHERE (e.value ->> 'task_uuid')::uuid = s.task_uuid
              AND (e.value ->> 'step_no')::integer = s.step_no
            LIMIT 1) AS given ON true
    ), words AS MATERIALIZED (
        SELECT s.task_uuid, s.step_no, w.value ->> 'name' AS name, w.ordinal,
               tenon.jsonb_or_null(coalesce(w.value -> 'payload', 'null')) AS payload
        FROM settled AS s
        CROSS JOIN LATERAL json_array_elements(CASE json_typeof(s.events) WHEN 'array'
                                                    THEN s.events ELSE '[]' END)
                       WITH ORDINALITY AS w (value, ordinal)
    ), events AS MATERIALIZED (
        SELECT s.*, e.event_no, e.name, e.delivery_mode, e.schema, w.ordinal, w.payload,
               CASE WHEN w.ordinal IS NULL THEN s.made ELSE w.payload END AS said
        FROM settled AS s
        JOIN tenon.template_events AS e
          ON e.template_id = s.template_id
         AND e.step_no = s.step_no
         AND (e.condition = 'always'
              OR e.condition = CASE WHEN s.success THEN 'success'
                                    WHEN s.state = 'waiting_for_retry' THEN 'retryable_failure'
                                    ELSE 'permanent_failure' END::tenon.event_condition
              OR (e.condition = 'failure' AND NOT s.success))
        LEFT JOIN words AS w
          ON w.task_uuid = s.task_uuid AND w.step_no = s.step_no AND w.name = e.name
    )
    SELECT e.task_uuid, e.step_no, e.attempt, e.namespace, e.name, e.delivery_mode,
           jsonb_build_object(
               'event_id', tenon.event_id(e.task_uuid, e.step_no, e.attempts, e.settled_at, e.name,
                                          e.event_no, coalesce(e.ordinal, 0)),
               'event_name', e.name,
               'event_version', '1.0',
               'payload', jsonb_build_object(CASE WHEN e.success THEN 'result' ELSE 'failure' END,
                                             e.made)
                          || CASE WHEN e.ordinal IS NULL THEN '{}'
                                  ELSE jsonb_build_object('custom', e.payload) END,
               'metadata', jsonb_build_object(
                   'task_uuid', e.task_uuid,
                   'step_uuid', tenon.step_uuid(e.task_uuid, e.step_no),
                   'step_name', e.step_name,
                   'namespace', e.namespace,
                   'template_name', e.template_name,
                   'template_version', e.version,
                   'attempt', e.attempt,
                   'correlation_id', e.correlation_id,
                   'fired_at', e.settled_at,
                   'fired_by', e.fired_by)),
           CASE WHEN e.made IS NULL OR e.said IS NULL
                THEN '/: cannot be stored: a number in it is out of range, or a character is'
                WHEN e.schema IS NOT NULL THEN tenon.event_violation(e.schema, e.said) END
    FROM events AS e
    UNION ALL
    SELECT w.task_uuid, w.step_no, s.attempt, s.namespace,
           left(coalesce(w.name, 'null'), 200), NULL, NULL,
           'publishes_events of step ' || s.step_name || ' does not declare it'
    FROM words AS w
    JOIN settled AS s ON s.task_uuid = w.task_uuid AND s.step_no = w.step_no
    WHERE NOT EXISTS (SELECT FROM tenon.template_events AS e
                      WHERE e.template_id = s.template_id
                        AND e.step_no = s.step_no
                        AND e.name = w.name)
$$;

-- Publishes the events of steps that have just settled in this transaction. p_events: what their
-- handlers want said, [{task_uuid, step_no, events: [{name, payload}]}]; NULL: nothing, or what is
-- stored with their outcomes. p_by: the operator who settled them in place of a handler; NULL:
-- nobody did.
--
-- Rows by kind: 'v' an event for the subscribers of a process, of mode fast or broadcast (body:
-- `<mode> <msg_id on the queue, 0: none> <namespace> <name> <document>`), 'j' one that was not
-- published (body: `<name>: <reason>`).
CREATE FUNCTION tenon.publish_events(p_step_uuids uuid[], p_events json, p_by text)
RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, body text)
LANGUAGE plpgsql AS $$
DECLARE
    v_events  record;
    v_batch   record;
    v_ids     bigint[];
    v_reason  text;
BEGIN
    SELECT array_agg(e.task_uuid) AS tasks, array_agg(e.step_no) AS steps,
           array_agg(e.attempt) AS attempts, array_agg(e.namespace) AS namespaces,
           array_agg(e.name) AS names, array_agg(e.delivery_mode) AS modes,
           array_agg(e.document) AS documents, array_agg(e.reason) AS reasons
    INTO v_events
    FROM tenon.events_of_steps(p_step_uuids, p_events, p_by) AS e;

    FOR v_batch IN
        SELECT e.namespace, e.mode, array_agg(e.task_uuid) AS tasks, array_agg(e.step_no) AS steps,
               array_agg(e.attempt) AS attempts, array_agg(e.name) AS names,
               array_agg(e.document) AS documents
        FROM unnest(v_events.tasks, v_events.steps, v_events.attempts, v_events.namespaces,
                    v_events.names, v_events.modes, v_events.documents, v_events.reasons)
                 AS e (task_uuid, step_no, attempt, namespace, name, mode, document, reason)
        WHERE e.reason IS NULL
        GROUP BY e.namespace, e.mode
        ORDER BY e.namespace, e.mode
    LOOP
        v_ids := NULL;
        IF v_batch.mode <> 'fast' THEN
            BEGIN
                SELECT array_agg(i ORDER BY i) INTO v_ids
                FROM tenon.send_events(v_batch.namespace || '_domain_events',
                                       v_batch.documents) AS i;
            EXCEPTION WHEN undefined_table OR undefined_function OR case_not_found THEN
                -- Somebody dropped the queue. That is no fault of the step.
                v_reason := 'there is no queue ' || v_batch.namespace || '_domain_events; make it '
                    || 'again with SELECT pgmq.create(''' || v_batch.namespace
                    || '_domain_events'')';
                v_events.tasks := v_events.tasks || v_batch.tasks;
                v_events.steps := v_events.steps || v_batch.steps;
                v_events.attempts := v_events.attempts || v_batch.attempts;
                v_events.names := v_events.names || v_batch.names;
                v_events.reasons := v_events.reasons
                    || array_fill(v_reason, ARRAY[cardinality(v_batch.tasks)]);
                CONTINUE;
            END;
        END IF;
        IF v_batch.mode <> 'durable' THEN
            RETURN QUERY
            SELECT 'v'::"char", e.task_uuid, e.step_no,
                   concat_ws(' ', v_batch.mode, coalesce(e.msg_id, 0), v_batch.namespace, e.name,
                             e.document)
            FROM unnest(v_batch.tasks, v_batch.steps, v_batch.names, v_batch.documents, v_ids)
                     AS e (task_uuid, step_no, name, document, msg_id);
        END IF;
    END LOOP;

    RETURN QUERY
    WITH rejected AS (
        INSERT INTO tenon.event_rejections AS r (task_uuid, step_no, attempt, event_name, reason)
        SELECT e.task_uuid, e.step_no, e.attempt, e.name, left(e.reason, 1000)
        FROM unnest(v_events.tasks, v_events.steps, v_events.attempts, v_events.names,
                    v_events.reasons) AS e (task_uuid, step_no, attempt, name, reason)
        WHERE e.reason IS NOT NULL
        RETURNING r.task_uuid, r.step_no, r.event_name, r.reason
    )
    SELECT 'j'::"char", r.task_uuid, r.step_no, r.event_name || ': ' || r.reason
    FROM rejected AS r;
END
$$;

-- Events on the queue of a namespace, without taking them: those after `p_after` and those of
-- `p_missing`, which were not there yet when others of later numbers were, up to `p_limit`.
CREATE FUNCTION tenon.peek_events(
    p_namespace text, p_after bigint, p_missing bigint[], p_limit integer
) RETURNS TABLE (msg_id bigint, name text, document text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
        SELECT e.msg_id, e.message ->> 'event_name', e.message::text
        FROM (SELECT q.msg_id, q.message FROM pgmq.%1$I AS q WHERE q.msg_id = ANY ($2)
              UNION ALL
              (SELECT q.msg_id, q.message FROM pgmq.%1$I AS q
               WHERE q.msg_id > $1
               ORDER BY q.msg_id
               LIMIT $3)) AS e
        ORDER BY e.msg_id
        $sql$, 'q_' || p_namespace || '_domain_events')
        USING p_after, p_missing, p_limit;
END
$$;

-- The namespaces that have a queue of events, and the number of the newest event ever sent to each.
CREATE FUNCTION tenon.event_queues() RETURNS TABLE (namespace text, newest bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    FOR namespace IN
        SELECT n.name
        FROM tenon.task_namespaces AS n
        JOIN pgmq.meta AS m ON m.queue_name = n.name || '_domain_events'
        ORDER BY n.name
    LOOP
        EXECUTE format('SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %s',
                       pg_get_serial_sequence('pgmq.q_' || namespace || '_domain_events',
                                              'msg_id'))
        INTO newest;
        RETURN NEXT;
    END LOOP;
END
$$;
