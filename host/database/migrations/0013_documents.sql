-- What people read: tasks, their audit trail and dead letters as JSON documents. They show what
-- is open and what has gone to history alike.

CREATE FUNCTION tenon.iso(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The steps of a task in the order of their numbers. Results are passed on as they were given.
CREATE FUNCTION tenon.step_documents(p_task_uuid uuid, p_template_id integer) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_object(
               'step_uuid', tenon.step_uuid(s.task_uuid, s.step_no),
               'step_no', s.step_no,
               'name', ts.name,
               'callable', ts.callable,
               'state', s.state,
               'level', ts.level,
               'dependencies', ARRAY(SELECT d.name
                                     FROM tenon.template_steps AS d
                                     WHERE d.template_id = ts.template_id
                                       AND d.step_no = ANY (ts.dependencies)
                                     ORDER BY d.step_no),
               'attempts', s.attempts - coalesce(s.yields, 0),
               'yields', coalesce(s.yields, 0),
               'max_attempts', ts.max_attempts,
               'progress', CASE WHEN s.state = 'in_progress' THEN (
                   SELECT json_build_object('fraction', p.fraction, 'message', p.message,
                                            'at', tenon.iso(p.at))
                   FROM tenon.step_progress AS p
                   WHERE p.task_uuid = s.task_uuid
                     AND p.step_no = s.step_no
                     AND p.attempt = s.attempts) END,
               'result', s.result,
               'error', CASE WHEN s.state <> 'complete' THEN s.failure END,
               'started_at', tenon.iso(s.claimed_at),
               'settled_at', tenon.iso(s.settled_at),
               'execution_ms', round(s.execution_us / 1000.0, 3))
           ORDER BY s.step_no)
    FROM tenon.all_steps AS s
    JOIN tenon.template_steps AS ts
      ON ts.template_id = p_template_id AND ts.step_no = s.step_no
    WHERE s.task_uuid = p_task_uuid
$$;

-- The document of one task, or NULL when there is none.
CREATE FUNCTION tenon.task_document(p_task_uuid uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'task_uuid', t.task_uuid,
        'namespace', tt.namespace,
        'name', tt.name,
        'version', tt.version,
        'status', t.state,
        'execution_status', CASE
            WHEN t.state = 'complete' THEN 'all_complete'
            WHEN t.state = 'cancelled' THEN 'cancelled'
            WHEN t.state IN ('blocked_by_failures', 'error') THEN 'blocked_by_failures'
            WHEN c.in_progress > 0 OR c.enqueued > 0 THEN 'processing'
            ELSE 'waiting_for_dependencies' END,
        'context', t.context,
        'priority', t.priority,
        'tags', coalesce(t.tags, '{}'),
        'initiator', t.initiator,
        'source_system', t.source_system,
        'reason', t.reason,
        'correlation_id', coalesce(t.correlation_id, t.task_uuid),
        'parent_correlation_id', t.parent_correlation_id,
        'created_at', tenon.iso(t.created_at),
        'updated_at', tenon.iso(greatest(t.created_at, t.settled_at, c.settled_at)),
        'completed_at', CASE WHEN t.state IN ('complete', 'error', 'cancelled', 'resolved_manually')
                             THEN tenon.iso(t.settled_at) END,
        'total_steps', c.total,
        'pending_steps', c.pending,
        'enqueued_steps', c.enqueued,
        'in_progress_steps', c.in_progress,
        'waiting_steps', c.waiting,
        'completed_steps', c.complete,
        'failed_steps', c.error,
        'cancelled_steps', c.cancelled,
        'dlq_entry_uuid', (SELECT d.dlq_entry_uuid FROM tenon.tasks_dlq AS d
                           WHERE d.task_uuid = t.task_uuid AND d.resolution_status = 'pending'),
        'completion_percentage', round(100.0 * c.complete / greatest(c.total, 1), 1),
        'steps', tenon.step_documents(t.task_uuid, t.template_id))
    FROM tenon.all_tasks AS t
    JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS total,
               count(*) FILTER (WHERE s.state = 'pending') AS pending,
               count(*) FILTER (WHERE s.state = 'enqueued') AS enqueued,
               count(*) FILTER (WHERE s.state IN (
                   'in_progress', 'enqueued_for_orchestration',
                   'enqueued_as_error_for_orchestration')) AS in_progress,
               count(*) FILTER (WHERE s.state = 'waiting_for_retry') AS waiting,
               count(*) FILTER (WHERE s.state IN ('complete', 'resolved_manually')) AS complete,
               count(*) FILTER (WHERE s.state = 'error') AS error,
               count(*) FILTER (WHERE s.state = 'cancelled') AS cancelled,
               max(s.settled_at) AS settled_at
        FROM tenon.all_steps AS s
        WHERE s.task_uuid = t.task_uuid) AS c
    WHERE t.task_uuid = p_task_uuid
$$;

-- The audit trail of one step, oldest first; an empty array for a step that does not exist.
CREATE FUNCTION tenon.step_transitions_document(p_step_uuid uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(json_build_object(
               'from_state', w.from_state,
               'via', coalesce(w.via, '{}'),
               'to_state', w.to_state,
               'attempt', w.attempt,
               'host_id', w.host_id,
               'at', tenon.iso(w.at),
               'reason', w.reason,
               'plugin', CASE WHEN w.generation IS NOT NULL THEN json_build_object(
                   'generation', w.generation, 'id', p.plugin, 'version', p.version,
                   'sha256', p.sha256) END)
           ORDER BY w.at, w.attempt), '[]')
    FROM tenon.workflow_step_transitions AS w
    LEFT JOIN tenon.host_plugins AS p
           ON p.host_id = w.host_id
          AND p.generation = w.generation
    WHERE w.task_uuid = tenon.task_of_step(p_step_uuid)
      AND w.step_no = tenon.step_no_of_step(p_step_uuid)
$$;

-- One dead letter. `task` is how the task is now, `task_snapshot` how it was then.
CREATE FUNCTION tenon.dlq_json(p_entry tenon.tasks_dlq, p_whole boolean) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'dlq_entry_uuid', p_entry.dlq_entry_uuid,
        'task_uuid', p_entry.task_uuid,
        'namespace', p_entry.task_snapshot -> 'namespace',
        'name', p_entry.task_snapshot -> 'name',
        'version', p_entry.task_snapshot -> 'version',
        'original_state', p_entry.original_state,
        'task_state', (SELECT t.state FROM tenon.all_tasks AS t
                       WHERE t.task_uuid = p_entry.task_uuid),
        'dlq_reason', p_entry.dlq_reason,
        'dlq_at', tenon.iso(p_entry.dlq_at),
        'resolution_status', p_entry.resolution_status,
        'resolved_at', tenon.iso(p_entry.resolved_at),
        'resolved_by', p_entry.resolved_by,
        'notes', p_entry.notes,
        'task_snapshot', CASE WHEN p_whole THEN p_entry.task_snapshot END)
$$;

-- Dead letters, newest first, of one status or of all (NULL), before a moment or from now on
-- (NULL).
CREATE FUNCTION tenon.dlq_documents(p_status text, p_limit integer, p_before timestamptz)
RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(tenon.dlq_json(d, false) ORDER BY d.dlq_at DESC), '[]')
    FROM (SELECT e AS entry
          FROM tenon.tasks_dlq AS e
          WHERE (p_status IS NULL OR e.resolution_status = p_status)
            AND (p_before IS NULL OR e.dlq_at < p_before)
          ORDER BY e.dlq_at DESC
          LIMIT p_limit) AS l
    CROSS JOIN LATERAL (SELECT (l.entry).*) AS d
$$;

-- One dead letter with the snapshot of its task, or NULL.
CREATE FUNCTION tenon.dlq_document(p_entry uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT tenon.dlq_json(d, true) FROM tenon.tasks_dlq AS d WHERE d.dlq_entry_uuid = p_entry
$$;

-- {pending, total, oldest_pending_at, by_reason: {…}, by_status: {…}}
CREATE FUNCTION tenon.dlq_stats() RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'total', count(*),
        'pending', count(*) FILTER (WHERE d.resolution_status = 'pending'),
        'oldest_pending_at', tenon.iso(min(d.dlq_at) FILTER (
            WHERE d.resolution_status = 'pending')),
        'by_reason', (SELECT coalesce(json_object_agg(r.dlq_reason, r.n), '{}')
                      FROM (SELECT e.dlq_reason, count(*) AS n FROM tenon.tasks_dlq AS e
                            WHERE e.resolution_status = 'pending' GROUP BY e.dlq_reason) AS r),
        'by_status', (SELECT coalesce(json_object_agg(r.resolution_status, r.n), '{}')
                      FROM (SELECT e.resolution_status, count(*) AS n FROM tenon.tasks_dlq AS e
                            GROUP BY e.resolution_status) AS r))
    FROM tenon.tasks_dlq AS d
$$;

-- What is registered in a namespace, or in all where it is NULL: by name, the newest version first.
CREATE FUNCTION tenon.template_documents(p_namespace text) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(d.document ORDER BY d.namespace, d.name, d.version DESC), '[]')
    FROM (SELECT t.namespace, t.name, string_to_array(t.version, '.')::integer[] AS version,
                 json_build_object(
                     'namespace', t.namespace,
                     'name', t.name,
                     'version', t.version,
                     'description', t.definition ->> 'description',
                     'content_hash', t.content_hash,
                     'registered_at', tenon.iso(t.registered_at),
                     'step_count', s.steps,
                     'callables', s.callables) AS document
          FROM tenon.task_templates AS t
          CROSS JOIN LATERAL (
              SELECT count(*) AS steps, json_agg(DISTINCT s.callable) AS callables
              FROM tenon.template_steps AS s
              WHERE s.template_id = t.template_id) AS s
          WHERE p_namespace IS NULL OR t.namespace = p_namespace) AS d
$$;

-- One template, the newest where `p_version` is NULL; NULL when there is none. `versions` lists all
-- of that name, `definition` is what a file of it would say.
CREATE FUNCTION tenon.template_document(p_namespace text, p_name text, p_version text) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'namespace', t.namespace,
        'name', t.name,
        'version', t.version,
        'content_hash', t.content_hash,
        'registered_at', tenon.iso(t.registered_at),
        'versions', (SELECT json_agg(v.version
                                     ORDER BY string_to_array(v.version, '.')::integer[] DESC)
                     FROM tenon.task_templates AS v
                     WHERE v.namespace = t.namespace AND v.name = t.name),
        'steps', (SELECT json_agg(json_build_object(
                             'step_no', s.step_no,
                             'name', s.name,
                             'callable', s.callable,
                             'level', s.level,
                             'dependencies',
                             ARRAY(SELECT d.name FROM tenon.template_steps AS d
                                   WHERE d.template_id = s.template_id
                                     AND d.step_no = ANY (s.dependencies)
                                   ORDER BY d.step_no))
                         ORDER BY s.step_no)
                  FROM tenon.template_steps AS s
                  WHERE s.template_id = t.template_id),
        'definition', t.definition)
    FROM tenon.task_templates AS t
    WHERE t.namespace = p_namespace
      AND t.name = p_name
      AND (p_version IS NULL OR t.version = p_version)
    ORDER BY string_to_array(t.version, '.')::integer[] DESC
    LIMIT 1
$$;
