-- History by time. Tasks that have ended leave the tables of the step path in bulk for
-- tasks_history and workflow_steps_history. Those, and the transitions, are partitioned into
-- periods by the time of submission; a period that is older than what is to be kept is dropped,
-- once no open task is left from it. Rows that belong to no period, because no host ran to make one
-- in time, go to default partitions, which are emptied into the next period that is made.

CREATE TABLE tenon.periods (
    name    text        PRIMARY KEY,   -- the suffix of its partitions
    begins  timestamptz NOT NULL,
    ends    timestamptz NOT NULL CHECK (ends > begins)
);

-- The tables that a period is made of.
CREATE FUNCTION tenon.period_tables() RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT '{tasks_history,workflow_steps_history,task_transitions,
             workflow_step_transitions}'::text[]
$$;

-- Makes the period [p_begins, p_ends). Rows of it that went to the default partitions move in.
CREATE FUNCTION tenon.make_period(p_begins timestamptz, p_ends timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_name  text := to_char(p_begins AT TIME ZONE 'UTC', 'YYYYMMDD"t"HH24MI');
    v_from  uuid := tenon.uuid_floor(p_begins);
    v_to    uuid := tenon.uuid_floor(p_ends);
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY tenon.period_tables() LOOP
        EXECUTE format('CREATE TABLE tenon.%I (LIKE tenon.%I INCLUDING DEFAULTS)',
                       v_table || '_' || v_name, v_table);
        EXECUTE format($sql$
            WITH moved AS (
                DELETE FROM ONLY tenon.%I WHERE task_uuid >= %L AND task_uuid < %L RETURNING *
            )
            INSERT INTO tenon.%I SELECT * FROM moved
            $sql$, v_table || '_default', v_from, v_to, v_table || '_' || v_name);
        EXECUTE format(
            'ALTER TABLE tenon.%I ATTACH PARTITION tenon.%I FOR VALUES FROM (%L) TO (%L)',
            v_table, v_table || '_' || v_name, v_from, v_to);
    END LOOP;
    INSERT INTO tenon.periods (name, begins, ends) VALUES (v_name, p_begins, p_ends);
    RETURN v_name;
END
$$;

-- Drops a period with everything in it. False when a task from it is still open.
CREATE FUNCTION tenon.drop_period(p_name text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_period tenon.periods;
    v_from   uuid;
    v_to     uuid;
    v_table  text;
BEGIN
    SELECT * INTO STRICT v_period FROM tenon.periods AS p WHERE p.name = p_name;
    v_from := tenon.uuid_floor(v_period.begins);
    v_to := tenon.uuid_floor(v_period.ends);
    IF EXISTS (SELECT FROM tenon.tasks AS t WHERE t.task_uuid >= v_from AND t.task_uuid < v_to) THEN
        RETURN false;
    END IF;
    FOREACH v_table IN ARRAY tenon.period_tables() LOOP
        EXECUTE format('DROP TABLE tenon.%I', v_table || '_' || p_name);
    END LOOP;
    DELETE FROM tenon.task_identities AS i WHERE i.task_uuid >= v_from AND i.task_uuid < v_to;
    DELETE FROM tenon.step_crashes AS c WHERE c.task_uuid >= v_from AND c.task_uuid < v_to;
    DELETE FROM tenon.event_rejections AS e WHERE e.task_uuid >= v_from AND e.task_uuid < v_to;
    DELETE FROM tenon.tasks_dlq AS d
    WHERE d.task_uuid >= v_from
      AND d.task_uuid < v_to
      AND d.resolution_status <> 'pending';
    DELETE FROM tenon.periods AS p WHERE p.name = p_name;
    -- Hosts that were gone before the first transition that is left.
    DELETE FROM tenon.host_plugins AS p
    WHERE p.left_at < (SELECT min(r.begins) FROM tenon.periods AS r);
    RETURN true;
END
$$;

-- Moves tasks that ended at least `p_settled_for` ago, and their steps, to history: looks at up to
-- `p_limit` tasks in the order of their UUIDs, beginning after `p_after` (NULL: at the first).
-- Tasks in error stay for a week, because they can be started again. Returns where to go on (NULL:
-- that was all, or somebody else is at it) and how many were moved.
CREATE FUNCTION tenon.archive_tasks(
    p_after uuid, p_limit integer, p_settled_for interval, OUT last uuid, OUT moved integer
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
    v_now   timestamptz := clock_timestamp();
    v_ended uuid[];
BEGIN
    -- One walks, the others need not.
    moved := 0;
    IF NOT pg_try_advisory_xact_lock(tenon.host_lock_class(), -2) THEN
        RETURN;
    END IF;
    SELECT max(l.task_uuid::text)::uuid,
           array_agg(l.task_uuid ORDER BY l.task_uuid) FILTER (
               WHERE tenon.has_ended(l.state)
                 AND l.settled_at <= v_now - CASE l.state WHEN 'error'
                                             THEN greatest(p_settled_for, interval '7 days')
                                             ELSE p_settled_for END)
    INTO last, v_ended
    FROM (SELECT t.task_uuid, t.state, t.settled_at
          FROM tenon.tasks AS t
          WHERE t.task_uuid > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
          ORDER BY t.task_uuid
          LIMIT p_limit) AS l;
    IF v_ended IS NULL THEN
        RETURN;
    END IF;

    -- A step whose handler has not answered yet keeps its task here.
    WITH locked AS (
        SELECT t.task_uuid
        FROM tenon.tasks AS t
        WHERE t.task_uuid = ANY (v_ended)
          AND tenon.has_ended(t.state)
          AND NOT EXISTS (
              SELECT FROM tenon.workflow_steps AS s
              WHERE s.task_uuid = t.task_uuid
                AND s.state IN ('in_progress', 'enqueued_for_orchestration',
                                'enqueued_as_error_for_orchestration'))
        ORDER BY t.task_uuid
        FOR UPDATE SKIP LOCKED
    ), progress AS (
        DELETE FROM tenon.step_progress AS p
        USING locked AS l
        WHERE p.task_uuid = l.task_uuid
    ), steps AS (
        DELETE FROM tenon.workflow_steps AS s
        USING locked AS l
        WHERE s.task_uuid = l.task_uuid
        RETURNING s.*
    ), tasks AS (
        DELETE FROM tenon.tasks AS t
        USING locked AS l
        WHERE t.task_uuid = l.task_uuid
        RETURNING t.*
    ), kept_steps AS (
        INSERT INTO tenon.workflow_steps_history SELECT * FROM steps
    ), kept_tasks AS (
        INSERT INTO tenon.tasks_history SELECT * FROM tasks RETURNING 1
    )
    SELECT count(*)::integer INTO moved FROM kept_tasks;
END
$$;

-- Keeps the periods: makes those of now and of the next two, and drops those whose end is longer
-- ago than `p_keep` and of which no task is open. Every host may call it at any time: one works,
-- the others return at once. Nobody is held up for more than a fifth of a second: a lock that
-- cannot be had by then is left for the next time. Returns {made, dropped, open, busy}: names of
-- periods each; open ones are old enough to be dropped.
CREATE FUNCTION tenon.maintain(
    p_keep interval DEFAULT '30 days', p_period interval DEFAULT '1 day'
) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    v_made    text[] := '{}';
    v_dropped text[] := '{}';
    v_open    text[] := '{}';
    v_busy    text[] := '{}';
    v_begins  timestamptz;
    v_name    text;
BEGIN
    IF p_keep IS NULL OR p_keep < interval '0' THEN
        RAISE EXCEPTION 'cannot keep history for %', coalesce(p_keep::text, 'NULL')
            USING ERRCODE = 'TN400', HINT = 'give a time that is not negative, such as 30 days';
    END IF;
    IF p_period IS NULL OR p_period < interval '1 minute' THEN
        RAISE EXCEPTION 'a period cannot last %', coalesce(p_period::text, 'NULL')
            USING ERRCODE = 'TN400', HINT = 'give at least 1 minute, such as 1 day';
    END IF;
    IF NOT pg_try_advisory_xact_lock(tenon.host_lock_class(), -1) THEN
        RETURN json_build_object('made', v_made, 'dropped', v_dropped, 'open', v_open,
                                 'busy', ARRAY['another host is at it']);
    END IF;
    PERFORM set_config('lock_timeout', '200ms', true);

    -- Periods follow each other without a gap, unless no host ran for a while; the first begins
    -- with the day.
    SELECT max(p.ends) INTO v_begins FROM tenon.periods AS p;
    IF v_begins IS NULL OR v_begins < clock_timestamp() THEN
        v_begins := greatest(v_begins, date_bin(p_period, clock_timestamp(), '2000-01-01 00:00Z'));
    END IF;
    WHILE v_begins < clock_timestamp() + 2 * p_period LOOP
        BEGIN
            v_made := v_made || tenon.make_period(v_begins, v_begins + p_period);
        EXCEPTION WHEN lock_not_available THEN
            v_busy := v_busy || to_char(v_begins AT TIME ZONE 'UTC', 'YYYYMMDD"t"HH24MI');
            EXIT;
        END;
        v_begins := v_begins + p_period;
    END LOOP;

    FOR v_name IN
        SELECT p.name FROM tenon.periods AS p
        WHERE p.ends < clock_timestamp() - p_keep
        ORDER BY p.begins
    LOOP
        BEGIN
            IF tenon.drop_period(v_name) THEN
                v_dropped := v_dropped || v_name;
            ELSE
                v_open := v_open || v_name;
            END IF;
        EXCEPTION WHEN lock_not_available THEN
            v_busy := v_busy || v_name;
        END;
    END LOOP;
    RETURN json_build_object('made', v_made, 'dropped', v_dropped, 'open', v_open, 'busy', v_busy);
END
$$;

-- How much room everything takes: the tables of the step path, periods, queues and the rest.
CREATE FUNCTION tenon.sizes()
RETURNS TABLE (relation text, period text, rows bigint, bytes bigint, dead bigint)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p.name IS NULL THEN c.relname ELSE replace(c.relname, '_' || p.name, '') END,
           p.name,
           greatest(coalesce(s.n_live_tup, c.reltuples::bigint), 0),
           pg_total_relation_size(c.oid),
           coalesce(s.n_dead_tup, 0)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
    LEFT JOIN tenon.periods AS p ON n.nspname = 'tenon' AND c.relname LIKE '%\_' || p.name
    WHERE n.nspname IN ('tenon', 'pgmq')
      AND c.relkind = 'r'
    ORDER BY p.begins DESC NULLS FIRST, pg_total_relation_size(c.oid) DESC, c.relname
$$;

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY tenon.period_tables() LOOP
        EXECUTE format('CREATE TABLE tenon.%I PARTITION OF tenon.%I DEFAULT',
                       v_table || '_default', v_table);
    END LOOP;
    PERFORM tenon.maintain();
END
$$;
