-- Submission: a task, its steps and the messages for its first steps in the caller's transaction.

-- Submits one task per element of `contexts`, all of one template, and returns their UUIDs in the
-- same order. `ring` wakes idle hosts when the transaction commits; leave it out in bulk loads,
-- because NOTIFY serialises commits.
-- TN404 unknown namespace or template; TN400 context that is no object or violates input_schema.
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
    ring                   boolean  DEFAULT true
) RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
    v_template   tenon.task_templates := tenon.find_template(namespace, name, version);
    v_now        timestamptz := clock_timestamp();
    v_task_uuids uuid[] := '{}';
    v_violation  text;
BEGIN
    IF priority NOT BETWEEN -100 AND 100 THEN
        RAISE EXCEPTION 'priority % is out of range', priority
            USING ERRCODE = 'TN400', HINT = 'use -100 to 100; higher runs first';
    END IF;
    FOR i IN 1 .. cardinality(contexts) LOOP
        IF json_typeof(contexts[i]) IS DISTINCT FROM 'object' THEN
            RAISE EXCEPTION 'context is not a JSON object: %',
                left(coalesce(contexts[i]::text, 'NULL'), 60)
                USING ERRCODE = 'TN400', HINT = 'give an object, such as {"even_number": 6}';
        END IF;
        IF v_template.input_schema IS NOT NULL THEN
            v_violation := tenon.schema_violation(v_template.input_schema, contexts[i]::jsonb);
            IF v_violation IS NOT NULL THEN
                RAISE EXCEPTION 'context violates the input_schema of %/%@%: %',
                    v_template.namespace, v_template.name, v_template.version, v_violation
                    USING ERRCODE = 'TN400';
            END IF;
        END IF;
        v_task_uuids[i] := tenon.new_task_uuid();
    END LOOP;

    INSERT INTO tenon.tasks
        (task_uuid, template_id, state, waiting_on, priority, created_at, correlation_id,
         parent_correlation_id, initiator, source_system, reason, tags, context)
    SELECT n.task_uuid, v_template.template_id, 'steps_in_process', v_template.sink_count,
           submit_batch.priority, v_now, submit_batch.correlation_id,
           submit_batch.parent_correlation_id, submit_batch.initiator, submit_batch.source_system,
           submit_batch.reason, submit_batch.tags, n.context
    FROM unnest(v_task_uuids, contexts) AS n (task_uuid, context);

    INSERT INTO tenon.workflow_steps (task_uuid, step_no, state, waiting_on, successors)
    SELECT n.task_uuid, s.step_no,
           CASE WHEN s.dependencies = '{}' THEN 'enqueued' ELSE 'pending' END::tenon.step_state,
           cardinality(s.dependencies), s.successors
    FROM unnest(v_task_uuids) AS n (task_uuid)
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = v_template.template_id;

    INSERT INTO tenon.task_transitions (task_uuid, from_state, to_state, via, at)
    SELECT n.task_uuid, 'pending', 'steps_in_process', '{initializing,enqueuing_steps}', v_now
    FROM unnest(v_task_uuids) AS n (task_uuid);

    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, attempt, at)
    SELECT n.task_uuid, s.step_no, 'pending', 'enqueued', 0, v_now
    FROM unnest(v_task_uuids) AS n (task_uuid)
    CROSS JOIN tenon.template_steps AS s
    WHERE s.template_id = v_template.template_id
      AND s.dependencies = '{}';

    EXECUTE format($sql$
        INSERT INTO pgmq.%I (vt, message)
        SELECT clock_timestamp(), tenon.step_message(n.task_uuid, s.step_no, $3)
        FROM unnest($1) AS n (task_uuid)
        CROSS JOIN tenon.template_steps AS s
        WHERE s.template_id = $2 AND s.dependencies = '{}'
        $sql$, 'q_' || v_template.namespace || '_queue')
        USING v_task_uuids, v_template.template_id, correlation_id;

    IF ring THEN
        PERFORM pg_notify('tenon_work', v_template.namespace);
    END IF;
    RETURN v_task_uuids;
END
$$;

-- Submits one task and returns its UUID: SELECT tenon.submit('linear_workflow',
-- 'mathematical_sequence', '{"even_number": 6}'). Errors as in submit_batch.
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
    ring                   boolean  DEFAULT true
) RETURNS uuid
LANGUAGE sql AS $$
    SELECT (tenon.submit_batch(namespace, name, ARRAY[context], version, priority, initiator,
                               source_system, reason, tags, correlation_id, parent_correlation_id,
                               ring))[1]
$$;
