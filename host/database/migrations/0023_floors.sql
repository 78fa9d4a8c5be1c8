-- Floors: where the first message of a queue can stand. A message that was taken is dead at once,
-- but stays in the index until vacuum may remove it, and a transaction that stays open somewhere
-- forbids that for as long as it likes. Whoever looks for the head of a queue begins at its floor,
-- and does not walk past everything that was taken since.
--
-- A floor is the value of a sequence, tenon.floor_<queue>, in microseconds since 1970: it has one
-- value and no versions, changes at once whatever becomes of the transaction, and survives a crash.
-- It may be too low, which costs time; it must never be above a message, which would not be found:
--
--   * Who sends has the queue's lock in share mode until the end of his transaction, and lowers the
--     floor to what he sends. So does whoever else puts a message anywhere but at the end.
--   * Who raises it has the lock alone: all that was sent is visible to him, and nobody is about to
--     send. He does not wait for it long, because senders wait behind him.

CREATE FUNCTION tenon.floor_lock_class() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 1952804464 $$;

-- Microseconds since 1970, and back.
CREATE FUNCTION tenon.floor_value(p_position timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT greatest((extract(epoch FROM p_position) * 1000000)::bigint, 0)
$$;

CREATE FUNCTION tenon.floor_position(p_value bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT 'epoch'::timestamptz + p_value * interval '1 us'
$$;

-- The floor of any queue; one that has none may have messages anywhere.
CREATE FUNCTION tenon.queue_floor(p_queue text) RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(
        tenon.floor_position(pg_sequence_last_value(
            to_regclass(format('tenon.%I', 'floor_' || p_queue)))), '-infinity')
$$;

-- Called before messages are put on a queue, with the first of their positions.
CREATE FUNCTION tenon.hold_floor(p_queue text, p_floor regclass, p_position timestamptz)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(tenon.floor_lock_class(), hashtext(p_queue));
    IF tenon.floor_position(pg_sequence_last_value(p_floor)) > p_position THEN
        -- Two at a time would undo each other's. One statement, so that nothing comes between.
        PERFORM pg_advisory_lock(tenon.floor_lock_class() + 1, hashtext(p_queue)),
                setval(p_floor, least(tenon.floor_value(p_position),
                                      pg_sequence_last_value(p_floor))),
                pg_advisory_unlock(tenon.floor_lock_class() + 1, hashtext(p_queue));
    END IF;
END
$$;

-- Raises the floors of all queues of namespaces to their heads; that of an empty queue to where a
-- task of ordinary priority would stand that was submitted a second ago. A queue whose senders do
-- not let go within a moment is left for the next time. For a session that calls it often: it
-- remembers which queues it has seen empty.
CREATE FUNCTION tenon.raise_floors() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_queue text;
    v_floor regclass;
    v_sent  text;
    v_head  timestamptz;
BEGIN
    FOR v_queue IN SELECT n.name || '_queue' FROM tenon.task_namespaces AS n ORDER BY n.name LOOP
        v_floor := format('tenon.%I', 'floor_' || v_queue)::regclass;
        v_sent := pg_sequence_last_value(
            pg_get_serial_sequence(format('pgmq.%I', 'q_' || v_queue), 'msg_id')::regclass)::text;
        CONTINUE WHEN v_sent IS NULL;
        v_head := tenon.queue_head(v_queue);
        CONTINUE WHEN v_head <= tenon.queue_floor(v_queue);
        CONTINUE WHEN v_head IS NULL
                  AND v_sent = current_setting('tenon.emptied_' || v_queue, true);
        BEGIN
            PERFORM set_config('lock_timeout', '10ms', true);
            PERFORM pg_advisory_xact_lock(tenon.floor_lock_class(), hashtext(v_queue));
            v_head := tenon.queue_head(v_queue);
            PERFORM setval(v_floor, greatest(
                pg_sequence_last_value(v_floor),
                tenon.floor_value(coalesce(
                    v_head, tenon.queue_position(clock_timestamp() - interval '1 s', 0)))));
            -- The value stays, the lock and the time-out do not.
            RAISE SQLSTATE 'TN000';
        EXCEPTION
            WHEN SQLSTATE 'TN000' THEN
                IF v_head IS NULL THEN
                    PERFORM set_config('tenon.emptied_' || v_queue, v_sent, false);
                END IF;
            WHEN lock_not_available THEN
                NULL;
        END;
    END LOOP;
END
$$;

-- Nothing is known of any queue any more, as after a restore: a dump has a sequence's value of
-- another moment than the rows.
CREATE FUNCTION tenon.reset_floors() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_queue text;
BEGIN
    FOR v_queue IN SELECT n.name || '_queue' FROM tenon.task_namespaces AS n ORDER BY n.name LOOP
        PERFORM tenon.hold_floor(v_queue, format('tenon.%I', 'floor_' || v_queue)::regclass,
                                 'epoch');
    END LOOP;
END
$$;
