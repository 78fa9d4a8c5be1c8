-- Presence, leases and rescue.
--
-- Every connection of a host that can change a step holds the advisory lock (hosts, host_id) in
-- shared mode for as long as it lives. The server drops it when the process dies, so whoever gets
-- the lock exclusively knows two things at once: the host is gone, and no transaction of it is
-- still under way. A host that keeps its connections but misses its lease (frozen, or behind a dead
-- network) has them terminated; the next look finds the lock free.

CREATE FUNCTION tenon.host_lock_class() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 1952804463 $$;

-- Takes the host's lock for this session, which ends soon after its client, even in the middle of a
-- statement that waits: otherwise a dead host would keep its lock for as long as that takes.
CREATE FUNCTION tenon.hold_host_lock(p_host_id integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('client_connection_check_interval', '100ms', false);
    PERFORM pg_advisory_lock_shared(tenon.host_lock_class(), p_host_id);
END
$$;

-- Registers one start of a host process and takes its presence lock for this session.
CREATE FUNCTION tenon.register_host(p_name text, p_roles text[], p_version text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_host_id integer;
BEGIN
    INSERT INTO tenon.hosts (name, roles, version)
    VALUES (p_name, p_roles, p_version)
    RETURNING host_id INTO v_host_id;
    PERFORM tenon.hold_host_lock(v_host_id);
    RETURN v_host_id;
END
$$;

-- Joins another connection to a registered host. False when the host was declared lost meanwhile.
CREATE FUNCTION tenon.join_host(p_host_id integer) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tenon.hold_host_lock(p_host_id);
    RETURN EXISTS (SELECT FROM tenon.hosts AS h WHERE h.host_id = p_host_id AND h.state = 'live');
END
$$;

-- Renews the lease. `p_held`: steps in progress now; `p_unsure_ms`: how long ago the oldest call
-- that may still claim steps was sent. Returns the number of other live hosts, or NULL when this
-- one was declared lost, and in how many milliseconds the first of their leases runs out: negative
-- when one did.
CREATE FUNCTION tenon.beat(
    p_host_id integer, p_held uuid[], p_unsure_ms integer, p_stats jsonb,
    OUT others bigint, OUT first_overdue_ms integer
)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenon.hosts AS h
    SET beat_at = clock_timestamp(),
        lease_until = clock_timestamp() + interval '8 s',
        held = p_held,
        claimed_since = clock_timestamp() - make_interval(secs => p_unsure_ms / 1000.0 + 5),
        stats = p_stats
    WHERE h.host_id = p_host_id
      AND h.state = 'live';
    IF FOUND THEN
        SELECT count(*), extract(epoch FROM min(o.lease_until) - clock_timestamp()) * 1000
        INTO others, first_overdue_ms
        FROM tenon.hosts AS o
        WHERE o.state = 'live'
          AND o.host_id <> p_host_id;
    END IF;
END
$$;

-- Gives back the steps of a host that is gone: another attempt when the template allows one and the
-- step is no poison, otherwise error, with what is known of a crash. Messages that it had read from
-- the queues of orchestration become visible again; one that another host is just processing is
-- settled once all the same, whoever comes second. The caller holds the host's lock exclusively.
-- Returns the namespaces to wake.
CREATE FUNCTION tenon.rescue_host(p_host_id integer, p_rescuer integer) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    v_roles    text[];
    v_held     uuid[];
    v_since    timestamptz;
    v_steps    record;
    v_again    record;
    v_final    record;
    v_publishing  uuid[];
    v_reason   text := 'host ' || p_host_id || ' was lost';
    v_failure  json := json_build_object(
        'message', 'host ' || p_host_id || ' was lost during the last allowed attempt',
        'error_type', 'HostLost', 'error_code', 'HOST_LOST', 'retryable', false);
BEGIN
    UPDATE tenon.hosts AS h SET state = 'lost' WHERE h.host_id = p_host_id
    RETURNING h.held, h.claimed_since, h.roles INTO v_held, v_since, v_roles;
    IF 'orchestration' = ANY (v_roles) THEN
        UPDATE pgmq.q_orchestration_task_requests SET vt = clock_timestamp()
        WHERE vt > clock_timestamp();
        UPDATE pgmq.q_orchestration_step_results SET vt = clock_timestamp()
        WHERE vt > clock_timestamp();
        UPDATE pgmq.q_orchestration_task_finalizations SET vt = clock_timestamp()
        WHERE vt > clock_timestamp();
    END IF;

    SELECT array_agg(c.task_uuid) AS tasks,
           array_agg(c.step_no) AS steps,
           array_agg(c.again) AS again
    INTO v_steps
    FROM (SELECT s.task_uuid, s.step_no,
                 (l.ts).retryable
                     AND s.attempts - coalesce(s.yields, 0) < (l.ts).max_attempts
                     AND NOT tenon.has_ended(t.state)
                     AND NOT tenon.is_poison(s.task_uuid, s.step_no) AS again
          FROM (SELECT tenon.task_of_step(u) AS task_uuid, tenon.step_no_of_step(u) AS step_no
                FROM unnest(v_held) AS u
                UNION
                SELECT w.task_uuid, w.step_no
                FROM tenon.workflow_step_transitions AS w
                WHERE w.at >= v_since
                  AND w.task_uuid >= (SELECT t.task_uuid FROM tenon.tasks AS t
                                      ORDER BY t.task_uuid LIMIT 1)
                  AND w.host_id = p_host_id
                  AND w.to_state = 'in_progress') AS c
          JOIN tenon.workflow_steps AS s ON s.task_uuid = c.task_uuid AND s.step_no = c.step_no
          JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
          CROSS JOIN LATERAL (
              SELECT ts
              FROM tenon.template_steps AS ts
              WHERE ts.template_id = t.template_id
                AND ts.step_no = s.step_no
              OFFSET 0) AS l
          WHERE s.state = 'in_progress'
            AND s.host_id = p_host_id
          ORDER BY s.task_uuid, s.step_no
          FOR UPDATE OF s) AS c;

    WITH back AS (
        UPDATE tenon.workflow_steps AS s
        SET state = 'enqueued',
            host_id = NULL,
            claimed_at = NULL
        FROM unnest(v_steps.tasks, v_steps.steps, v_steps.again) AS r (task_uuid, step_no, again)
        WHERE r.again
          AND s.task_uuid = r.task_uuid
          AND s.step_no = r.step_no
        RETURNING s.task_uuid, s.step_no, s.attempts
    ), audit AS (
        INSERT INTO tenon.workflow_step_transitions
            (task_uuid, step_no, from_state, to_state, via, attempt, host_id, reason)
        SELECT b.task_uuid, b.step_no, 'in_progress', 'enqueued', '{waiting_for_retry,pending}',
               b.attempts, p_rescuer, v_reason
        FROM back AS b
    )
    SELECT array_agg(b.task_uuid) AS tasks, array_agg(b.step_no) AS steps INTO v_again
    FROM back AS b;

    SELECT array_agg(r.task_uuid) AS tasks,
           array_agg(r.step_no) AS steps,
           array_agg(coalesce(tenon.crash_failure(r.task_uuid, r.step_no), v_failure)) AS failures,
           array_agg(0::bigint) AS execution_us
    INTO v_final
    FROM unnest(v_steps.tasks, v_steps.steps, v_steps.again) AS r (task_uuid, step_no, again)
    WHERE NOT r.again;
    IF v_final.tasks IS NOT NULL THEN
        PERFORM FROM tenon.tasks AS t
        WHERE t.task_uuid = ANY (v_final.tasks)
        ORDER BY t.task_uuid
        FOR NO KEY UPDATE;
        SELECT array_agg(tenon.step_uuid(f.task_uuid, f.step_no)) INTO v_publishing
        FROM tenon.fail_steps(v_final.tasks, v_final.steps, v_final.failures,
                              v_final.execution_us, p_rescuer, 'in_progress') AS f
        WHERE f.step_no IS NOT NULL
          AND f.due_at IS NULL;
        IF v_publishing IS NOT NULL THEN
            PERFORM tenon.publish_events(v_publishing, NULL, NULL);
        END IF;
        PERFORM tenon.block_tasks(v_final.tasks, p_rescuer);
    END IF;
    IF v_again.tasks IS NOT NULL THEN
        RETURN QUERY SELECT * FROM tenon.send_steps(v_again.tasks, v_again.steps);
    END IF;
END
$$;

-- Ends every connection of a host that can still change a step.
CREATE FUNCTION tenon.end_connections(p_host_id integer) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_terminate_backend(l.pid)
    FROM pg_locks AS l
    WHERE l.locktype = 'advisory'
      AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
      AND l.classid = tenon.host_lock_class()::oid
      AND l.objid = p_host_id::oid
      AND l.objsubid = 2
      AND l.mode = 'ShareLock'   -- not the rescuer, who may hold it exclusively
$$;

-- Whoever holds this table's lock has the duty of rescue: he looks after all others. The lock goes
-- with his connection, and the next one who waits for it has the duty at once.
CREATE TABLE tenon.rescue_duty ();

-- Those who wait look after the one on duty: past his lease he is frozen or cut off, and loses his
-- connections, the one that has the duty among them.
CREATE FUNCTION tenon.challenge_rescuer() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_holder integer;
BEGIN
    SELECT h.host_id INTO v_holder
    FROM pg_locks AS duty
    JOIN pg_locks AS presence ON presence.pid = duty.pid
                             AND presence.locktype = 'advisory'
                             AND presence.database = duty.database
                             AND presence.classid = tenon.host_lock_class()::oid
                             AND presence.objsubid = 2
                             AND presence.mode = 'ShareLock'
    JOIN tenon.hosts AS h ON h.host_id::oid = presence.objid
    WHERE duty.relation = 'tenon.rescue_duty'::regclass
      AND duty.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
      AND duty.mode = 'ExclusiveLock'
      AND duty.granted
      AND h.lease_until < clock_timestamp();
    IF FOUND THEN
        PERFORM tenon.end_connections(v_holder);
    END IF;
END
$$;

-- One look at all other hosts: those that are gone are rescued, those past their lease lose their
-- connections. Returns the hosts that were rescued and the namespaces to wake.
CREATE FUNCTION tenon.rescue(
    p_rescuer integer, OUT lost integer[], OUT frozen integer[], OUT namespaces text[]
)
LANGUAGE plpgsql AS $$
DECLARE
    v_host record;
BEGIN
    lost := '{}';
    frozen := '{}';
    namespaces := '{}';
    -- A host whose connections were all ended at once, and which lives, is back in less than this.
    IF EXISTS (
        SELECT FROM tenon.hosts AS h
        WHERE h.state = 'live'
          AND h.host_id <> p_rescuer
          AND NOT EXISTS (
              SELECT FROM pg_locks AS l
              WHERE l.locktype = 'advisory'
                AND l.database = (SELECT d.oid FROM pg_database AS d
                                  WHERE d.datname = current_database())
                AND l.classid = tenon.host_lock_class()::oid
                AND l.objid = h.host_id::oid
                AND l.objsubid = 2
                AND l.mode = 'ShareLock'))
    THEN
        PERFORM pg_sleep(0.15);
    END IF;
    FOR v_host IN
        SELECT h.host_id, h.lease_until < clock_timestamp() AS overdue
        FROM tenon.hosts AS h
        WHERE h.state = 'live'
          AND h.host_id <> p_rescuer
        ORDER BY h.host_id
    LOOP
        IF pg_try_advisory_xact_lock(tenon.host_lock_class(), v_host.host_id) THEN
            PERFORM tenon.rescue_host(v_host.host_id, p_rescuer);
            lost := lost || v_host.host_id;
        ELSIF v_host.overdue THEN
            PERFORM tenon.end_connections(v_host.host_id);
            frozen := frozen || v_host.host_id;
        END IF;
    END LOOP;
    -- A host that dies after a commit does not ring for what it left on a queue.
    IF cardinality(lost) > 0 THEN
        namespaces := ARRAY(SELECT n.name FROM tenon.task_namespaces AS n ORDER BY n.name);
    END IF;
END
$$;

-- The second line, run seldom because it looks at every open step: what a crash, a bug or an
-- operator with a SQL client may have left without anybody to take it on is taken on again. Nothing
-- fails here. Returns the namespaces to wake.
CREATE FUNCTION tenon.resume_stale(p_rescuer integer) RETURNS TABLE (namespace text)
LANGUAGE plpgsql AS $$
DECLARE
    v_lost record;
BEGIN
    -- In progress with no living host: as when its host was rescued.
    WITH orphan AS (
        SELECT s.task_uuid, s.step_no
        FROM tenon.workflow_steps AS s
        LEFT JOIN tenon.hosts AS h ON h.host_id = s.host_id
        WHERE s.state = 'in_progress'
          AND (h.host_id IS NULL OR h.state <> 'live')
        ORDER BY s.task_uuid, s.step_no
        FOR UPDATE OF s SKIP LOCKED
    ), back AS (
        UPDATE tenon.workflow_steps AS s
        SET state = 'enqueued',
            host_id = NULL,
            claimed_at = NULL
        FROM orphan AS o
        WHERE s.task_uuid = o.task_uuid
          AND s.step_no = o.step_no
        RETURNING s.task_uuid, s.step_no, s.attempts
    )
    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, via, attempt, host_id, reason)
    SELECT b.task_uuid, b.step_no, 'in_progress', 'enqueued', '{waiting_for_retry,pending}',
           b.attempts, p_rescuer, 'orphaned'
    FROM back AS b;

    -- Waiting for a retry without a timer: due now.
    INSERT INTO tenon.due (task_uuid, step_no, due_at)
    SELECT s.task_uuid, s.step_no, clock_timestamp()
    FROM tenon.workflow_steps AS s
    WHERE s.state = 'waiting_for_retry'
      AND NOT EXISTS (SELECT FROM tenon.due AS d
                      WHERE d.task_uuid = s.task_uuid AND d.step_no = s.step_no)
    FOR UPDATE OF s SKIP LOCKED   -- not one that is being released
    ON CONFLICT DO NOTHING;

    -- Pending although everything is done that it waited for.
    WITH ready AS (
        SELECT s.task_uuid, s.step_no
        FROM tenon.workflow_steps AS s
        JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
        WHERE s.state = 'pending'
          AND s.waiting_on = 0
          AND NOT tenon.has_ended(t.state)
        ORDER BY s.task_uuid, s.step_no
        FOR UPDATE OF s SKIP LOCKED
    ), enqueued AS (
        UPDATE tenon.workflow_steps AS s
        SET state = 'enqueued'
        FROM ready AS r
        WHERE s.task_uuid = r.task_uuid
          AND s.step_no = r.step_no
        RETURNING s.task_uuid, s.step_no, s.attempts
    )
    INSERT INTO tenon.workflow_step_transitions
        (task_uuid, step_no, from_state, to_state, attempt, host_id, reason)
    SELECT e.task_uuid, e.step_no, 'pending', 'enqueued', e.attempts, p_rescuer, 'left behind'
    FROM enqueued AS e;

    -- Enqueued or awaiting orchestration without a message. A message too many does no harm:
    -- whoever takes it finds the step in another state.
    FOR v_lost IN SELECT n.name FROM tenon.task_namespaces AS n ORDER BY n.name LOOP
        RETURN QUERY SELECT m.namespace FROM tenon.resend_lost_messages(v_lost.name) AS m;
    END LOOP;
    PERFORM tenon.resend_lost_results();

    -- Everything is done, but nobody said so.
    INSERT INTO pgmq.q_orchestration_task_finalizations (vt, message)
    SELECT clock_timestamp(),
           jsonb_build_object('task_uuid', t.task_uuid,
                              'correlation_id', coalesce(t.correlation_id, t.task_uuid))
    FROM tenon.tasks AS t
    WHERE t.state = 'steps_in_process'
      AND t.waiting_on = 0
      AND NOT EXISTS (SELECT FROM pgmq.q_orchestration_task_finalizations AS q
                      WHERE q.message ->> 'task_uuid' = t.task_uuid::text);

    WITH gone AS (
        DELETE FROM tenon.hosts AS h
        WHERE h.state <> 'live'
          AND h.beat_at < clock_timestamp() - interval '7 days'
        RETURNING h.host_id, h.beat_at
    )
    UPDATE tenon.host_plugins AS p
    SET left_at = g.beat_at
    FROM gone AS g
    WHERE p.host_id = g.host_id;
END
$$;

-- Sends the messages of a namespace's enqueued steps that have none.
CREATE FUNCTION tenon.resend_lost_messages(p_namespace text) RETURNS TABLE (namespace text)
LANGUAGE plpgsql AS $$
DECLARE
    v_lost record;
BEGIN
    EXECUTE format($sql$
        SELECT array_agg(s.task_uuid) AS tasks, array_agg(s.step_no) AS steps
        FROM tenon.workflow_steps AS s
        JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
        JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
        WHERE s.state = 'enqueued'
          AND tt.namespace = $1
          AND NOT EXISTS (
              SELECT FROM pgmq.%I AS q
              WHERE q.message ->> 'step_uuid' = tenon.step_uuid(s.task_uuid, s.step_no)::text)
        $sql$, 'q_' || p_namespace || '_queue')
        INTO v_lost
        USING p_namespace;
    IF v_lost.tasks IS NOT NULL THEN
        RETURN QUERY SELECT * FROM tenon.send_steps(v_lost.tasks, v_lost.steps);
    END IF;
END
$$;

-- Sends the messages of outcomes that wait for orchestration and have none.
CREATE FUNCTION tenon.resend_lost_results() RETURNS void
LANGUAGE sql AS $$
    INSERT INTO pgmq.q_orchestration_step_results (vt, message)
    SELECT clock_timestamp(), tenon.step_message(s.task_uuid, s.step_no, t.correlation_id)
    FROM tenon.workflow_steps AS s
    JOIN tenon.tasks AS t ON t.task_uuid = s.task_uuid
    WHERE s.state IN ('enqueued_for_orchestration', 'enqueued_as_error_for_orchestration')
      AND NOT EXISTS (
          SELECT FROM pgmq.q_orchestration_step_results AS q
          WHERE q.message ->> 'step_uuid' = tenon.step_uuid(s.task_uuid, s.step_no)::text)
$$;

-- Writes down what a host made active; see tenon.host_plugins. p_plugins: [{generation, plugin,
-- version, sha256}], of which some may be known already.
CREATE FUNCTION tenon.record_plugins(p_host_id integer, p_plugins json) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO tenon.host_plugins (host_id, generation, plugin, version, sha256)
    SELECT p_host_id, p.generation, p.plugin, p.version, p.sha256
    FROM json_to_recordset(p_plugins)
             AS p (generation integer, plugin text, version text, sha256 text)
    ON CONFLICT DO NOTHING
$$;

-- An orderly goodbye. The host has given back what it had not begun; `p_held` is what its handlers
-- would not let go of, which gets another attempt at once. Returns the namespaces to wake.
CREATE FUNCTION tenon.retire_host(p_host_id integer, p_held uuid[]) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenon.hosts AS h
    SET state = 'retired',
        held = p_held
    WHERE h.host_id = p_host_id
      AND h.state = 'live';
    IF FOUND AND cardinality(p_held) > 0 THEN
        RETURN QUERY SELECT * FROM tenon.rescue_host(p_host_id, p_host_id);
    END IF;
END
$$;
