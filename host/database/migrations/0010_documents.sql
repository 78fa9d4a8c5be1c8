-- What people read: one task with its steps as one JSON document.

CREATE FUNCTION tenon.iso(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The steps of a task in the order of their numbers. Results are passed on as they were given.
CREATE FUNCTION tenon.step_documents(p_task tenon.tasks) RETURNS json
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
               'attempts', s.attempts,
               'max_attempts', ts.max_attempts,
               'result', s.result,
               'error', CASE WHEN s.state <> 'complete' THEN s.failure END,
               'started_at', tenon.iso(s.claimed_at),
               'settled_at', tenon.iso(s.settled_at),
               'execution_ms', round(s.execution_us / 1000.0, 3))
           ORDER BY s.step_no)
    FROM tenon.workflow_steps AS s
    JOIN tenon.template_steps AS ts
      ON ts.template_id = p_task.template_id AND ts.step_no = s.step_no
    WHERE s.task_uuid = p_task.task_uuid
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
        'completion_percentage', round(100.0 * c.complete / greatest(c.total, 1), 1),
        'steps', tenon.step_documents(t))
    FROM tenon.tasks AS t
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
               max(s.settled_at) AS settled_at
        FROM tenon.workflow_steps AS s
        WHERE s.task_uuid = t.task_uuid) AS c
    WHERE t.task_uuid = p_task_uuid
$$;
