-- Registration of templates. The host sends the compiled template (graph included); what arrives
-- here was checked by its parser, and is stored once.

-- Registers one version and returns its id. The same content again is a no-op; other content under
-- a registered version is refused (TN409). Creates the namespace and its queues.
CREATE FUNCTION tenon.register_template(registration jsonb) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_namespace text := registration ->> 'namespace';
    v_known     tenon.task_templates;
    v_id        integer;
BEGIN
    -- One registration at a time: rare, and it keeps two hosts from creating one queue twice.
    PERFORM pg_advisory_xact_lock(hashtext('tenon.register_template'));

    SELECT * INTO v_known
    FROM tenon.task_templates AS t
    WHERE t.namespace = v_namespace
      AND t.name = registration ->> 'name'
      AND t.version = registration ->> 'version';
    IF FOUND THEN
        IF v_known.content_hash <> registration ->> 'content_hash' THEN
            RAISE EXCEPTION 'template %/%@% is already registered with other content',
                v_namespace, v_known.name, v_known.version
                USING ERRCODE = 'TN409',
                      HINT = 'registered versions never change: give it a new version';
        END IF;
        RETURN v_known.template_id;
    END IF;

    IF NOT EXISTS (SELECT FROM pgmq.meta AS m WHERE m.queue_name = v_namespace || '_queue') THEN
        PERFORM pgmq.create(v_namespace || '_queue');
    END IF;
    INSERT INTO tenon.task_namespaces (name) VALUES (v_namespace) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM tenon.make_queue_functions();
    END IF;

    INSERT INTO tenon.task_templates
        (namespace, name, version, content_hash, definition, input_schema, lifecycle,
         identity_strategy, sink_count)
    SELECT v_namespace, registration ->> 'name', registration ->> 'version',
           registration ->> 'content_hash', registration -> 'definition',
           nullif(registration -> 'input_schema', 'null'::jsonb),
           nullif(nullif(registration -> 'lifecycle', 'null'::jsonb), '{}'::jsonb),
           coalesce(registration ->> 'identity_strategy', 'always_unique')::tenon.identity_strategy,
           (SELECT count(*) FROM jsonb_array_elements(registration -> 'steps') AS s
            WHERE s -> 'successors' = '[]'::jsonb)
    RETURNING template_id INTO v_id;

    INSERT INTO tenon.template_steps
        (template_id, step_no, name, callable, level, dependencies, successors, ancestors,
         retryable, max_attempts, non_retryable, backoff, backoff_base_ms, max_backoff_ms,
         timeout_ms, publishes)
    SELECT v_id, s.step_no, s.name, s.callable, s.level,
           ARRAY(SELECT jsonb_array_elements_text(s.dependencies)::integer),
           nullif(ARRAY(SELECT jsonb_array_elements_text(s.successors)::integer), '{}'),
           ARRAY(SELECT jsonb_array_elements_text(s.ancestors)::integer),
           s.retryable, s.max_attempts,
           nullif(ARRAY(SELECT jsonb_array_elements_text(s.non_retryable)), '{}'),
           s.backoff, s.backoff_base_ms, s.max_backoff_ms, s.timeout_ms,
           CASE WHEN jsonb_array_length(s.events) > 0 THEN true END
    FROM jsonb_to_recordset(registration -> 'steps') AS s (
        step_no integer, name text, callable text, level integer, dependencies jsonb,
        successors jsonb, ancestors jsonb, retryable boolean, max_attempts integer,
        non_retryable jsonb, backoff tenon.backoff, backoff_base_ms integer,
        max_backoff_ms integer, timeout_ms integer, events jsonb);
    PERFORM tenon.declare_events(v_id, v_namespace, registration -> 'steps');
    -- So rare that what a bell inside of a transaction costs does not matter.
    PERFORM pg_notify('tenon_templates', v_namespace);
    RETURN v_id;
END
$$;

-- Stores the events that the steps of a template publish, and makes their queue where it is missing
-- and wanted.
CREATE FUNCTION tenon.declare_events(p_template_id integer, p_namespace text, p_steps jsonb)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_queue text := p_namespace || '_domain_events';
BEGIN
    INSERT INTO tenon.template_events
        (template_id, step_no, event_no, name, delivery_mode, condition, schema)
    SELECT p_template_id, (s ->> 'step_no')::integer, e.event_no, e.event ->> 'name',
           (e.event ->> 'delivery_mode')::tenon.delivery_mode,
           (e.event ->> 'condition')::tenon.event_condition,
           nullif(e.event -> 'schema', 'null'::jsonb)
    FROM jsonb_array_elements(p_steps) AS s
    CROSS JOIN LATERAL jsonb_array_elements(s -> 'events')
                   WITH ORDINALITY AS e (event, event_no);
    IF NOT EXISTS (SELECT FROM tenon.template_events AS e
                   WHERE e.template_id = p_template_id AND e.delivery_mode <> 'fast')
       OR EXISTS (SELECT FROM pgmq.meta AS m WHERE m.queue_name = v_queue) THEN
        RETURN;
    END IF;
    PERFORM pgmq.create(v_queue);
    PERFORM tenon.make_queue_functions();
END
$$;

-- The registered version of a template, or the newest where `version` is NULL. TN404 when unknown.
CREATE FUNCTION tenon.find_template(namespace text, name text, version text)
RETURNS tenon.task_templates
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_template tenon.task_templates;
BEGIN
    IF find_template.version IS NOT NULL THEN
        SELECT * INTO v_template
        FROM tenon.task_templates AS t
        WHERE t.namespace = find_template.namespace
          AND t.name = find_template.name
          AND t.version = find_template.version;
    ELSE
        SELECT * INTO v_template
        FROM tenon.task_templates AS t
        WHERE t.namespace = find_template.namespace
          AND t.name = find_template.name
        ORDER BY string_to_array(t.version, '.')::integer[] DESC
        LIMIT 1;
    END IF;
    IF v_template.template_id IS NOT NULL THEN
        RETURN v_template;
    END IF;

    IF NOT EXISTS (SELECT FROM tenon.task_namespaces AS n
                   WHERE n.name = find_template.namespace) THEN
        RAISE EXCEPTION 'unknown namespace ''%''', find_template.namespace
            USING ERRCODE = 'TN404', HINT = coalesce(
                'known namespaces: ' || (SELECT string_agg(n.name, ', ' ORDER BY n.name)
                                         FROM tenon.task_namespaces AS n),
                'no template is registered yet');
    END IF;
    RAISE EXCEPTION 'unknown template ''%''', find_template.namespace || '/' || find_template.name
            || coalesce('@' || find_template.version, '')
        USING ERRCODE = 'TN404', HINT = 'known templates of this namespace: ' || (
            SELECT string_agg(t.name || '@' || t.version, ', ' ORDER BY t.name, t.version)
            FROM tenon.task_templates AS t WHERE t.namespace = find_template.namespace);
END
$$;
