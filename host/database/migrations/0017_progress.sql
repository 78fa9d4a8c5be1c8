-- What running handlers say of how far they are. The table (0002_tables.sql) is no truth: it is
-- empty after a crash of the server, and only what it says of the attempt in progress is shown.

-- Stores the latest word of many attempts of a host, [{task_uuid, step_no, attempt, fraction,
-- message}], without those that are no longer its own. Returns how many it stored.
CREATE FUNCTION tenon.report_progress(p_host_id integer, p_progress json) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_stored integer;
BEGIN
    INSERT INTO tenon.step_progress AS p (task_uuid, step_no, attempt, fraction, message, at)
    SELECT s.task_uuid, s.step_no, s.attempts, r.fraction, r.message, clock_timestamp()
    FROM json_to_recordset(p_progress)
             AS r (task_uuid uuid, step_no integer, attempt integer, fraction double precision,
                   message text)
    CROSS JOIN LATERAL (
        -- By its whole key, whatever the planner thinks: the plan may be older than the rows.
        SELECT w.*
        FROM tenon.workflow_steps AS w
        WHERE w.task_uuid = r.task_uuid
          AND w.step_no = r.step_no
        OFFSET 0) AS s
    WHERE s.state = 'in_progress'
      AND s.host_id = p_host_id
      AND s.attempts = r.attempt
    ORDER BY s.task_uuid, s.step_no
    ON CONFLICT (task_uuid, step_no) DO UPDATE
    SET attempt = excluded.attempt,
        fraction = excluded.fraction,
        message = excluded.message,
        at = excluded.at;
    GET DIAGNOSTICS v_stored = ROW_COUNT;
    RETURN v_stored;
END
$$;
