-- Dead letters: tasks that need somebody's attention, why, how they looked then, and what came of
-- it.

-- Why a task is blocked, by its latest failure.
CREATE FUNCTION tenon.blocked_reason(p_task_uuid uuid) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN s.failure ->> 'error_code' = 'HOST_LOST' THEN 'worker_unavailable'
        WHEN s.failure ->> 'error_code' = 'POISON' THEN 'poison'
        WHEN s.failure ->> 'error_code' = 'POISON_STEP' THEN 'poison_step'
        WHEN s.failure ->> 'error_code' = 'LIFECYCLE_LIMIT' THEN 'staleness_timeout'
        WHEN tenon.may_retry(ts, s.failure) THEN 'max_retries_exceeded'
        ELSE 'permanent_failure' END
    FROM tenon.workflow_steps AS s
    JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
    JOIN tenon.template_steps AS ts ON ts.template_id = t.template_id AND ts.step_no = s.step_no
    WHERE s.task_uuid = p_task_uuid
      AND s.state = 'error'
    ORDER BY s.settled_at DESC
    LIMIT 1
$$;

-- Puts tasks among the dead letters, unless they are there. `p_reason` NULL: by their failures.
CREATE FUNCTION tenon.dlq_enter(p_task_uuids uuid[], p_reason text, p_notes text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO tenon.tasks_dlq (task_uuid, original_state, dlq_reason, notes, task_snapshot)
    SELECT t.task_uuid, t.state,
           coalesce(p_reason, tenon.blocked_reason(t.task_uuid), 'permanent_failure'), p_notes,
           tenon.task_document(t.task_uuid)
    FROM tenon.tasks AS t
    WHERE t.task_uuid = ANY (p_task_uuids)
    ORDER BY t.task_uuid
    ON CONFLICT (task_uuid) WHERE resolution_status = 'pending' DO NOTHING
$$;

-- Closes the pending entries of tasks.
CREATE FUNCTION tenon.dlq_leave(p_task_uuids uuid[], p_status text, p_by text, p_notes text)
RETURNS void
LANGUAGE sql AS $$
    UPDATE tenon.tasks_dlq AS d
    SET resolution_status = p_status,
        resolved_at = clock_timestamp(),
        resolved_by = p_by,
        notes = concat_ws('; ', d.notes, p_notes)
    WHERE d.task_uuid = ANY (p_task_uuids)
      AND d.resolution_status = 'pending'
$$;

-- Puts a task among the dead letters by hand. Returns the entry. TN404, TN409 when it is there.
CREATE FUNCTION tenon.dlq_add(p_task_uuid uuid, p_by text, p_notes text) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_entry uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM tenon.tasks AS t WHERE t.task_uuid = p_task_uuid) THEN
        RAISE EXCEPTION 'there is no open task %', p_task_uuid USING ERRCODE = 'TN404';
    END IF;
    SELECT d.dlq_entry_uuid INTO v_entry
    FROM tenon.tasks_dlq AS d
    WHERE d.task_uuid = p_task_uuid AND d.resolution_status = 'pending';
    IF FOUND THEN
        RAISE EXCEPTION 'task % is among the dead letters already', p_task_uuid
            USING ERRCODE = 'TN409', HINT = 'its entry: ' || v_entry;
    END IF;
    PERFORM tenon.dlq_enter(ARRAY[p_task_uuid], 'manual_dlq', concat_ws(': ', p_by, p_notes));
    SELECT d.dlq_entry_uuid INTO v_entry
    FROM tenon.tasks_dlq AS d
    WHERE d.task_uuid = p_task_uuid AND d.resolution_status = 'pending';
    RETURN v_entry;
END
$$;

-- Notes what came of an investigation. False when there is no such entry. Marking one
-- permanently_failed gives up its task, if that is blocked; nothing else moves a task here.
-- TN400 for a status that is none.
CREATE FUNCTION tenon.dlq_update(p_entry uuid, p_status text, p_by text, p_notes text)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_task uuid;
BEGIN
    IF p_status IS NOT NULL AND p_status NOT IN ('pending', 'manually_resolved',
                                                 'permanently_failed', 'cancelled') THEN
        RAISE EXCEPTION 'resolution_status ''%'' is none', left(p_status, 60)
            USING ERRCODE = 'TN400',
                  HINT = 'use pending, manually_resolved, permanently_failed or cancelled';
    END IF;
    SELECT d.task_uuid INTO v_task FROM tenon.tasks_dlq AS d WHERE d.dlq_entry_uuid = p_entry;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF p_status = 'permanently_failed' THEN
        PERFORM tenon.end_tasks(ARRAY[t.task_uuid], 'error', p_by, coalesce(p_notes, 'given up'))
        FROM tenon.tasks AS t
        WHERE t.task_uuid = v_task
          AND t.state = 'blocked_by_failures';
    END IF;
    UPDATE tenon.tasks_dlq AS d
    SET resolution_status = coalesce(p_status, d.resolution_status),
        resolved_at = CASE WHEN coalesce(p_status, d.resolution_status) = 'pending' THEN NULL
                           ELSE coalesce(d.resolved_at, clock_timestamp()) END,
        resolved_by = coalesce(p_by, d.resolved_by),
        notes = coalesce(p_notes, d.notes)
    WHERE d.dlq_entry_uuid = p_entry;
    RETURN true;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'the task of entry % has another pending entry', p_entry
        USING ERRCODE = 'TN409', HINT = 'work on that one';
END
$$;
