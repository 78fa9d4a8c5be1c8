-- Submission: tasks, their steps and the messages for their first steps in the caller's
-- transaction.

-- What makes a submission the same task as another, as SHA-256; NULL where every one is new. The
-- context counts in canonical form: neither the order of keys nor white space makes a difference.
CREATE FUNCTION tenon.identity_hash(
    template tenon.task_templates, context json, idempotency_key text
) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN idempotency_key IS NOT NULL THEN sha256(convert_to(jsonb_build_array(
            'key', (template).namespace, (template).name, idempotency_key)::text, 'UTF8'))
        WHEN (template).identity_strategy = 'strict' THEN sha256(convert_to(jsonb_build_array(
            'strict', (template).namespace, (template).name, (template).version, context)::text,
            'UTF8'))
    END
$$;

-- Refuses what no task can be made of: TN400 with the sentence to show.
CREATE FUNCTION tenon.check_submission(
    template tenon.task_templates, contexts json[], priority integer, idempotency_keys text[]
) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_bad record;
BEGIN
    IF priority IS NULL OR priority NOT BETWEEN -100 AND 100 THEN
        RAISE EXCEPTION 'priority % is out of range', coalesce(priority::text, 'NULL')
            USING ERRCODE = 'TN400', HINT = 'use -100 to 100; higher runs first';
    END IF;

    SELECT c.context::text AS context INTO v_bad
    FROM unnest(contexts) AS c (context)
    WHERE json_typeof(c.context) IS DISTINCT FROM 'object'
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'context is not a JSON object: %', left(coalesce(v_bad.context, 'NULL'), 60)
            USING ERRCODE = 'TN400', HINT = 'give an object, such as {"even_number": 6}';
    END IF;

    IF template.input_schema IS NOT NULL THEN
        SELECT v.violation INTO v_bad
        FROM unnest(contexts) AS c (context)
        CROSS JOIN LATERAL tenon.schema_violation(template.input_schema, c.context::jsonb)
                               AS v (violation)
        WHERE v.violation IS NOT NULL
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'context violates the input_schema of %/%@%: %',
                template.namespace, template.name, template.version, v_bad.violation
                USING ERRCODE = 'TN400';
        END IF;
    END IF;

    IF template.identity_strategy = 'caller_provided'
       AND (idempotency_keys IS NULL OR array_position(idempotency_keys, NULL) IS NOT NULL
            OR cardinality(idempotency_keys) < cardinality(contexts)) THEN
        RAISE EXCEPTION 'template %/%@% demands an idempotency_key for every task',
            template.namespace, template.name, template.version
            USING ERRCODE = 'TN400', HINT = 'give one that is the same when you try again';
    END IF;
    SELECT left(k.key, 60) AS key INTO v_bad
    FROM unnest(idempotency_keys) AS k (key)
    WHERE octet_length(k.key) NOT BETWEEN 1 AND 255
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'idempotency_key ''%'' has not 1 to 255 bytes', v_bad.key
            USING ERRCODE = 'TN400';
    END IF;
END
$$;

-- Writes new tasks of one template. Their first steps are claimed for `p_host_id`, or have messages
-- on their queue where that is NULL.
CREATE FUNCTION tenon.insert_tasks(
    template tenon.task_templates, task_uuids uuid[], contexts json[], task tenon.tasks,
    p_host_id integer
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_first       tenon.step_state := CASE WHEN p_host_id IS NULL THEN 'enqueued'
                                           ELSE 'in_progress' END;
    v_attempt     integer := CASE WHEN p_host_id IS NULL THEN 0 ELSE 1 END;
    v_claimed_at  timestamptz := CASE WHEN p_host_id IS NOT NULL THEN task.created_at END;
BEGIN
    INSERT INTO tenon.tasks
        (task_uuid, template_id, state, waiting_on, priority, created_at, correlation_id,
         parent_correlation_id, initiator, source_system, reason, tags, context)
    SELECT n.task_uuid, template.template_id, 'steps_in_process', template.sink_count,
           task.priority, task.created_at, task.correlation_id, task.parent_correlation_id,
           task.initiator, task.source_system, task.reason, task.tags, n.context
    FROM unnest(task_uuids, contexts) AS n (task_uuid, context);

    INSERT INTO tenon.workflow_steps
        (task_uuid, step_no, state, waiting_on, attempts, priority, host_id, claimed_at,
         successors, publishes)
    SELECT n.task_uuid, s.step_no,
           CASE WHEN s.dependencies = '{}' THEN v_first ELSE 'pending' END::tenon.step_state,
           cardinality(s.dependencies),
           CASE WHEN s.dependencies = '{}' THEN v_attempt ELSE 0 END,
           task.priority,
           CASE WHEN s.dependencies = '{}' THEN p_host_id END,
           CASE WHEN s.dependencies = '{}' THEN v_claimed_at END,
           s.successors, s.publishes
    FROM unnest(task_uuids) AS n (task_uuid)
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = template.template_id;

    INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, at)
    SELECT n.task_uuid, 'pending', 'steps_in_process', '{initializing,enqueuing_steps}',
           task.created_at
    FROM unnest(task_uuids) AS n (task_uuid);

    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, attempt, host_id, at, via)
    SELECT n.task_uuid, s.step_no, 'pending', v_first, v_attempt, p_host_id, task.created_at,
           CASE WHEN p_host_id IS NOT NULL THEN '{enqueued}'::tenon.step_state[] END
    FROM unnest(task_uuids) AS n (task_uuid)
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = template.template_id
      AND s.dependencies = '{}';

    IF template.lifecycle IS NOT NULL THEN
        INSERT INTO tenon.due (task_uuid, step_no, due_at)
        SELECT n.task_uuid, 0, task.created_at + tenon.shortest_limit(template.lifecycle)
        FROM unnest(task_uuids) AS n (task_uuid);
    END IF;

    IF p_host_id IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM tenon.send_messages(
        template.namespace || '_queue',
        array_agg(tenon.queue_position(task.created_at, task.priority)),
        array_agg(tenon.step_message(n.task_uuid, s.step_no, task.correlation_id)))
    FROM unnest(task_uuids) AS n (task_uuid)
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = template.template_id
      AND s.dependencies = '{}';
END
$$;

-- Submits one task per element of `contexts`, all of one template; answers in the same order. A
-- task whose identity exists already is not made again: the answer names the existing one. `ring`
-- wakes idle hosts when the transaction commits; leave it out in bulk loads, because NOTIFY
-- serialises commits. `start_on`: a host_id that claims the first steps at once.
-- TN404 unknown namespace or template; TN400 context that is no object or violates input_schema,
-- priority out of range, missing or overlong idempotency_key.
CREATE FUNCTION tenon.submit_tasks(
    namespace              text,
    name                   text,
    contexts               json[],
    version                text     DEFAULT NULL,
    priority               integer  DEFAULT 0,
    initiator              text     DEFAULT 'system',
    source_system          text     DEFAULT 'sql',
    reason                 text     DEFAULT NULL,
    tags                   text[]   DEFAULT NULL,
    correlation_id         uuid     DEFAULT NULL,
    parent_correlation_id  uuid     DEFAULT NULL,
    ring                   boolean  DEFAULT true,
    idempotency_keys       text[]   DEFAULT NULL,
    start_on               integer  DEFAULT NULL
) RETURNS TABLE (task_uuid uuid, created boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_template tenon.task_templates := tenon.find_template(namespace, name, version);
    v_now      timestamptz := clock_timestamp();
    v_uuids    uuid[];
    v_task     tenon.tasks;
    v_known    record;
BEGIN
    PERFORM tenon.check_submission(v_template, contexts, priority, idempotency_keys);
    v_uuids := tenon.new_task_uuids(v_now, cardinality(contexts));
    v_task.created_at := v_now;
    v_task.priority := priority;
    v_task.correlation_id := correlation_id;
    v_task.parent_correlation_id := parent_correlation_id;
    v_task.initiator := initiator;
    v_task.source_system := source_system;
    v_task.reason := reason;
    v_task.tags := tags;

    IF idempotency_keys IS NULL AND v_template.identity_strategy <> 'strict' THEN
        PERFORM tenon.insert_tasks(v_template, v_uuids, contexts, v_task, start_on);
        RETURN QUERY SELECT u, true FROM unnest(v_uuids) AS u;
    ELSE
        -- In the order of the hashes, so that two submissions that share some wait in line.
        WITH wanted AS (
            SELECT w.position, w.task_uuid,
                   tenon.identity_hash(v_template, w.context, w.key) AS hash
            FROM unnest(v_uuids, contexts, idempotency_keys)
                     WITH ORDINALITY AS w (task_uuid, context, key, position)
        ), claimed AS (
            INSERT INTO tenon.task_identities (identity_hash, task_uuid)
            SELECT DISTINCT ON (w.hash) w.hash, w.task_uuid
            FROM wanted AS w
            WHERE w.hash IS NOT NULL
            ORDER BY w.hash, w.position
            ON CONFLICT (identity_hash) DO NOTHING
            RETURNING identity_hash, task_uuid
        )
        SELECT array_agg(w.task_uuid ORDER BY w.position) AS wanted,
               array_agg(w.hash ORDER BY w.position) AS hashes,
               array_agg(w.hash IS NULL OR c.task_uuid IS NOT NULL ORDER BY w.position) AS fresh
        INTO v_known
        FROM wanted AS w
        LEFT JOIN claimed AS c ON c.task_uuid = w.task_uuid;

        PERFORM tenon.insert_tasks(
            v_template, array_agg(n.task_uuid ORDER BY n.position),
            array_agg(n.context ORDER BY n.position), v_task, start_on)
        FROM unnest(v_uuids, contexts, v_known.fresh)
                 WITH ORDINALITY AS n (task_uuid, context, fresh, position)
        WHERE n.fresh
        HAVING count(*) > 0;

        RETURN QUERY
        SELECT CASE WHEN k.fresh THEN k.task_uuid ELSE i.task_uuid END, k.fresh
        FROM unnest(v_uuids, v_known.hashes, v_known.fresh)
                 WITH ORDINALITY AS k (task_uuid, hash, fresh, position)
        LEFT JOIN tenon.task_identities AS i ON i.identity_hash = k.hash
        ORDER BY k.position;
    END IF;

    IF ring THEN
        PERFORM pg_notify('tenon_work', v_template.namespace);
    END IF;
END
$$;

-- The UUIDs alone. Errors as in submit_tasks.
CREATE FUNCTION tenon.submit_batch(
    namespace              text,
    name                   text,
    contexts               json[],
    version                text     DEFAULT NULL,
    priority               integer  DEFAULT 0,
    initiator              text     DEFAULT 'system',
    source_system          text     DEFAULT 'sql',
    reason                 text     DEFAULT NULL,
    tags                   text[]   DEFAULT NULL,
    correlation_id         uuid     DEFAULT NULL,
    parent_correlation_id  uuid     DEFAULT NULL,
    ring                   boolean  DEFAULT true,
    idempotency_keys       text[]   DEFAULT NULL
) RETURNS uuid[]
LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT s.task_uuid
        FROM tenon.submit_tasks(namespace, name, contexts, version, priority, initiator,
                                source_system, reason, tags, correlation_id, parent_correlation_id,
                                ring, idempotency_keys) AS s);
END
$$;

-- Submits one task and returns its UUID: SELECT tenon.submit('linear_workflow',
-- 'mathematical_sequence', '{"even_number": 6}'). Errors as in submit_tasks.
CREATE FUNCTION tenon.submit(
    namespace              text,
    name                   text,
    context                json     DEFAULT '{}',
    version                text     DEFAULT NULL,
    priority               integer  DEFAULT 0,
    initiator              text     DEFAULT 'system',
    source_system          text     DEFAULT 'sql',
    reason                 text     DEFAULT NULL,
    tags                   text[]   DEFAULT NULL,
    correlation_id         uuid     DEFAULT NULL,
    parent_correlation_id  uuid     DEFAULT NULL,
    ring                   boolean  DEFAULT true,
    idempotency_key        text     DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT s.task_uuid
            FROM tenon.submit_tasks(namespace, name, ARRAY[context], version, priority, initiator,
                                    source_system, reason, tags, correlation_id,
                                    parent_correlation_id, ring,
                                    CASE WHEN idempotency_key IS NOT NULL
                                         THEN ARRAY[idempotency_key] END) AS s);
END
$$;
