-- Identities: a task's UUID is a version 7 UUID whose last 16 bits are zero; a step's is the same
-- with its step number in those bits.

-- A fresh task UUID: 48 bits of milliseconds, 12 bits of the fraction of the millisecond, so that
-- ids of one server sort by time, 46 random bits.
CREATE FUNCTION tenon.new_task_uuid() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        substring(int8send(floor(t.us / 1000)::bigint) FROM 3)
        || substring(int2send((28672 + floor((t.us % 1000) * 4.096)::integer)::smallint) FROM 1)
        || overlay(substring(uuid_send(gen_random_uuid()) FROM 9) PLACING '\x0000'::bytea FROM 7),
        'hex')::uuid
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS t
$$;

CREATE FUNCTION tenon.step_uuid(task_uuid uuid, step_no integer) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT encode(overlay(uuid_send(task_uuid) PLACING substring(int4send(step_no) FROM 3) FROM 15),
                  'hex')::uuid
$$;

CREATE FUNCTION tenon.task_of_step(step_uuid uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT encode(overlay(uuid_send(step_uuid) PLACING '\x0000'::bytea FROM 15), 'hex')::uuid
$$;

CREATE FUNCTION tenon.step_no_of_step(step_uuid uuid) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT get_byte(uuid_send(step_uuid), 14) * 256 + get_byte(uuid_send(step_uuid), 15)
$$;

-- What a message on a namespace queue says: ids only.
CREATE FUNCTION tenon.step_message(task_uuid uuid, step_no integer, correlation_id uuid)
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object(
        'task_uuid', task_uuid,
        'step_uuid', tenon.step_uuid(task_uuid, step_no),
        'correlation_id', coalesce(correlation_id, task_uuid))
$$;
