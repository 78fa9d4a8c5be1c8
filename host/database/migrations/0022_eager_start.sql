-- A task that is submitted to a host with nothing else to do begins there at once: in the commit
-- that makes it, and without a message that would have to be taken from the queue again.

-- Submits one task (see tenon.submit_tasks) and claims its first steps for the host, if there are
-- no more than `p_want` and its template is none of `p_refused`. Otherwise they go to their queue.
--
-- Rows as of tenon.advance: 't' the task (attempt: 1 when it is new, 0 when an equal submission had
-- made it; body: its state), then 's' and 'c' its first steps, or 'q' the namespace whose queue got
-- them.
CREATE FUNCTION tenon.submit_and_start(
    p_host_id               integer,
    p_want                  integer,
    p_refused               integer[],
    p_namespace             text,
    p_name                  text,
    p_context               json,
    p_version               text,
    p_priority              integer,
    p_initiator             text,
    p_source_system         text,
    p_reason                text,
    p_tags                  text[],
    p_correlation_id        uuid,
    p_parent_correlation_id uuid,
    p_idempotency_key       text
) RETURNS TABLE (kind "char", task_uuid uuid, step_no integer, ref_no integer, attempt integer,
                 template_id integer, correlation_id uuid, body text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_template  tenon.task_templates := tenon.find_template(p_namespace, p_name, p_version);
    v_first     integer[] := ARRAY(SELECT s.step_no
                                   FROM tenon.template_steps AS s
                                   WHERE s.template_id = v_template.template_id
                                     AND s.dependencies = '{}'
                                   ORDER BY s.step_no);
    v_here      boolean := cardinality(v_first) <= p_want
                           AND v_template.template_id <> ALL (p_refused);
    v_task      record;
BEGIN
    SELECT s.task_uuid, s.created INTO STRICT v_task
    FROM tenon.submit_tasks(
        p_namespace, p_name, ARRAY[p_context], v_template.version, p_priority, p_initiator,
        p_source_system, p_reason, p_tags, p_correlation_id, p_parent_correlation_id, false,
        CASE WHEN p_idempotency_key IS NOT NULL THEN ARRAY[p_idempotency_key] END,
        CASE WHEN v_here THEN p_host_id END) AS s;

    kind := 't';
    task_uuid := v_task.task_uuid;
    IF NOT v_task.created THEN
        attempt := 0;
        body := (SELECT a.state FROM tenon.all_tasks AS a WHERE a.task_uuid = v_task.task_uuid);
        RETURN NEXT;
        RETURN;
    END IF;
    attempt := 1;
    body := 'steps_in_process';
    RETURN NEXT;
    IF NOT v_here THEN
        kind := 'q';
        body := p_namespace;
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT *
    FROM tenon.hydrate_steps(array_fill(v_task.task_uuid, ARRAY[cardinality(v_first)]), v_first,
                             array_fill(1, ARRAY[cardinality(v_first)]));
END
$$;
