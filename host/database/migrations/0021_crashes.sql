-- Steps that take down the process that runs them. Each crash is counted, whatever it took down: a
-- runner, whose host says so in the outcome of the attempt, or a host, whose next start reports
-- what it left in its crash file. A step that crashes again and again is poison: it ends in error.

-- One row. `poison_after`: after so many crashes a step is not tried again.
CREATE TABLE tenon.crash_policy (
    one_row       boolean  PRIMARY KEY DEFAULT true CHECK (one_row),
    poison_after  integer  NOT NULL CHECK (poison_after BETWEEN 1 AND 1000)
);
INSERT INTO tenon.crash_policy (poison_after) VALUES (2);

-- `sha256` of the build: NULL where the outcome of an attempt told.
CREATE TABLE tenon.step_crashes (
    task_uuid  uuid        NOT NULL,
    step_no    integer     NOT NULL,
    attempt    integer     NOT NULL,
    sha256     text,
    what       text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (task_uuid, step_no, attempt)
);

-- Whether the crashes of a step so far are too many.
CREATE FUNCTION tenon.is_poison(p_task_uuid uuid, p_step_no integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT count(*) >= (SELECT p.poison_after FROM tenon.crash_policy AS p)
    FROM tenon.step_crashes AS c
    WHERE c.task_uuid = p_task_uuid
      AND c.step_no = p_step_no
$$;

-- The failure of an attempt that crashed, or NULL.
CREATE FUNCTION tenon.crash_failure(p_task_uuid uuid, p_step_no integer) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'message', c.what, 'error_type', 'PluginCrashed', 'error_code', 'plugin_crashed',
        'retryable', true)
    FROM tenon.workflow_steps AS s
    JOIN tenon.step_crashes AS c
      ON c.task_uuid = s.task_uuid
     AND c.step_no = s.step_no
     AND c.attempt = s.attempts
    WHERE s.task_uuid = p_task_uuid
      AND s.step_no = p_step_no
$$;

-- Counts the crashes among failures, and says of a step that crashed too often that it is poison.
-- For tenon.fail_steps, whose arguments and locks these are. Returns the failures, changed where
-- need be.
CREATE FUNCTION tenon.count_crashes(p_task_uuids uuid[], p_step_nos integer[], p_failures json[])
RETURNS json[]
LANGUAGE plpgsql AS $$
DECLARE
    v_crashed record;
BEGIN
    FOR v_crashed IN
        SELECT f.i, f.task_uuid, f.step_no, s.attempts, o.failure
        FROM unnest(p_task_uuids, p_step_nos, p_failures) WITH ORDINALITY
                 AS f (task_uuid, step_no, failure, i)
        JOIN tenon.workflow_steps AS s ON s.task_uuid = f.task_uuid AND s.step_no = f.step_no
        CROSS JOIN LATERAL (SELECT coalesce(f.failure, s.failure) AS failure) AS o
        WHERE o.failure ->> 'error_code' = 'plugin_crashed'
    LOOP
        INSERT INTO tenon.step_crashes (task_uuid, step_no, attempt, what)
        VALUES (v_crashed.task_uuid, v_crashed.step_no, v_crashed.attempts,
                left(coalesce(v_crashed.failure ->> 'message', 'it crashed'), 2000))
        ON CONFLICT DO NOTHING;
        IF tenon.is_poison(v_crashed.task_uuid, v_crashed.step_no) THEN
            p_failures[v_crashed.i] := tenon.poison_failure(
                v_crashed.task_uuid, v_crashed.step_no, v_crashed.failure);
        END IF;
    END LOOP;
    RETURN p_failures;
END
$$;

-- What becomes of the last failure of a step that crashed too often.
CREATE FUNCTION tenon.poison_failure(p_task_uuid uuid, p_step_no integer, p_failure json)
RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'message', 'it crashed ' || count(*) || ' times and is not tried again; the last time: '
                   || (p_failure ->> 'message'),
        'error_type', 'PoisonStep', 'error_code', 'POISON_STEP', 'retryable', false,
        'context', p_failure -> 'context')
    FROM tenon.step_crashes AS c
    WHERE c.task_uuid = p_task_uuid
      AND c.step_no = p_step_no
$$;

-- A host crashed in the call of this attempt. Another host may have taken the step back to its
-- queue already: if it is poison, it ends there. False when there is no such attempt, or none any
-- more. The same report again changes nothing.
CREATE FUNCTION tenon.report_crash(
    p_step_uuid uuid, p_attempt integer, p_sha256 text, p_what text
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_task       uuid := tenon.task_of_step(p_step_uuid);
    v_step_no    integer := tenon.step_no_of_step(p_step_uuid);
    v_state      tenon.step_state;
    v_publishing uuid[];
BEGIN
    SELECT s.state INTO v_state
    FROM tenon.workflow_steps AS s
    WHERE s.task_uuid = v_task
      AND s.step_no = v_step_no
      AND s.attempts >= p_attempt
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO tenon.step_crashes (task_uuid, step_no, attempt, sha256, what)
    VALUES (v_task, v_step_no, p_attempt, p_sha256, left(p_what, 2000))
    ON CONFLICT DO NOTHING;
    IF v_state = 'enqueued' AND tenon.is_poison(v_task, v_step_no) THEN
        PERFORM FROM tenon.tasks AS t WHERE t.task_uuid = v_task FOR NO KEY UPDATE;
        SELECT array_agg(tenon.step_uuid(f.task_uuid, f.step_no)) INTO v_publishing
        FROM tenon.fail_steps(
            ARRAY[v_task], ARRAY[v_step_no],
            ARRAY[coalesce(tenon.crash_failure(v_task, v_step_no),
                           json_build_object('message', p_what, 'error_code', 'plugin_crashed'))],
            ARRAY[0::bigint], NULL, 'enqueued') AS f
        WHERE f.step_no IS NOT NULL
          AND f.due_at IS NULL;
        IF v_publishing IS NOT NULL THEN
            PERFORM tenon.publish_events(v_publishing, NULL, NULL);
        END IF;
        PERFORM tenon.block_tasks(ARRAY[v_task], NULL);
    END IF;
    RETURN true;
END
$$;
