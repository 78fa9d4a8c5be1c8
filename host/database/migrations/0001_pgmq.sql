-- The message queue, in the layout and with the functions of PGMQ 1.5.
--
-- Where the server offers the real extension, that is installed and this file does no more. Where
-- somebody has installed PGMQ's own SQL without the extension, that stays as it is. Otherwise the
-- compatible schema below is made; any PGMQ client works against either.
--
-- A queue NAME is two tables: pgmq.q_NAME holds the messages, pgmq.a_NAME the archived ones. A
-- message is visible when its vt (visibility time) has come; reading moves vt into the future, and
-- who does not delete or archive the message by then will see it read again by another. Rows are
-- claimed with FOR UPDATE SKIP LOCKED, so that readers never wait for each other.
--
-- Beyond PGMQ: a queue that does not exist is an error that says so. Not here: partitioned queues,
-- which need pg_partman.

DO $pgmq$
DECLARE
    refused text;
BEGIN

IF to_regclass('pgmq.meta') IS NOT NULL THEN
    RETURN;
END IF;

IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgmq') THEN
    BEGIN
        CREATE EXTENSION pgmq;
        RETURN;
    EXCEPTION WHEN insufficient_privilege THEN
        -- Not ours to install: the compatible schema serves as well.
        GET STACKED DIAGNOSTICS refused = MESSAGE_TEXT;
        RAISE NOTICE 'extension pgmq is available but not permitted (%)', refused;
    END;
END IF;

CREATE SCHEMA IF NOT EXISTS pgmq;

CREATE TABLE pgmq.meta (
    queue_name     varchar UNIQUE NOT NULL,
    is_partitioned boolean NOT NULL,
    is_unlogged    boolean NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TYPE pgmq.message_record AS (
    msg_id      bigint,
    read_ct     integer,
    enqueued_at timestamptz,
    vt          timestamptz,
    message     jsonb,
    headers     jsonb
);

CREATE TYPE pgmq.queue_record AS (
    queue_name     varchar,
    is_partitioned boolean,
    is_unlogged    boolean,
    created_at     timestamptz
);

CREATE TYPE pgmq.metrics_result AS (
    queue_name           text,
    queue_length         bigint,
    newest_msg_age_sec   integer,
    oldest_msg_age_sec   integer,
    total_messages       bigint,
    scrape_time          timestamptz,
    queue_visible_length bigint
);

-- Names

CREATE FUNCTION pgmq.validate_queue_name(queue_name text)
RETURNS void LANGUAGE plpgsql IMMUTABLE AS $function$
BEGIN
    IF queue_name IS NULL OR queue_name = '' THEN
        RAISE EXCEPTION 'queue name is empty'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'name the queue';
    END IF;
    -- pgmq.q_<name>_msg_id_seq and its like must fit into an identifier of 63 bytes.
    IF octet_length(queue_name) > 47 THEN
        RAISE EXCEPTION 'queue name "%" is too long, maximum length is 47 characters', queue_name
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF queue_name ~ '\$|;|--|''' THEN
        RAISE EXCEPTION 'queue name "%" contains invalid characters: $, ;, --, or ''', queue_name
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$function$;

-- The table of a queue: prefix q for its messages, a for its archive.
CREATE FUNCTION pgmq.format_table_name(queue_name text, prefix text)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $function$
BEGIN
    PERFORM pgmq.validate_queue_name(queue_name);
    RETURN lower(prefix || '_' || queue_name);
END
$function$;

-- The same for a queue that must exist.
CREATE FUNCTION pgmq._existing_table(queue_name text, prefix text)
RETURNS text LANGUAGE plpgsql STABLE AS $function$
DECLARE
    table_name text := pgmq.format_table_name(queue_name, prefix);
BEGIN
    IF to_regclass(format('pgmq.%I', table_name)) IS NULL THEN
        RAISE EXCEPTION 'queue "%" does not exist', queue_name
            USING ERRCODE = 'undefined_table',
                  HINT = format('create it with SELECT pgmq.create(%L)', queue_name);
    END IF;
    RETURN table_name;
END
$function$;

-- Queues

CREATE FUNCTION pgmq.acquire_queue_lock(queue_name text)
RETURNS void LANGUAGE sql AS $function$
    SELECT pg_advisory_xact_lock(hashtext('pgmq.queue_' || queue_name));
$function$;

CREATE FUNCTION pgmq._create(queue_name text, unlogged boolean)
RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
    qtable text := pgmq.format_table_name(queue_name, 'q');
    atable text := pgmq.format_table_name(queue_name, 'a');
BEGIN
    -- Two sessions that create one queue would collide in the catalogue, IF NOT EXISTS or not.
    PERFORM pgmq.acquire_queue_lock(queue_name);
    EXECUTE format(
        'CREATE %s TABLE IF NOT EXISTS pgmq.%I (
             msg_id      bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
             read_ct     integer NOT NULL DEFAULT 0,
             enqueued_at timestamptz NOT NULL DEFAULT now(),
             vt          timestamptz NOT NULL,
             message     jsonb,
             headers     jsonb
         )',
        CASE WHEN unlogged THEN 'UNLOGGED' ELSE '' END, qtable);
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS pgmq.%I (
             msg_id      bigint PRIMARY KEY,
             read_ct     integer NOT NULL DEFAULT 0,
             enqueued_at timestamptz NOT NULL DEFAULT now(),
             archived_at timestamptz NOT NULL DEFAULT now(),
             vt          timestamptz NOT NULL,
             message     jsonb,
             headers     jsonb
         )',
        atable);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON pgmq.%I (vt ASC)',
                   qtable || '_vt_idx', qtable);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON pgmq.%I (archived_at)',
                   'archived_at_idx_' || queue_name, atable);
    INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged)
    VALUES (_create.queue_name, false, unlogged)
    ON CONFLICT DO NOTHING;
END
$function$;

CREATE FUNCTION pgmq.create_non_partitioned(queue_name text)
RETURNS void LANGUAGE sql AS $function$
    SELECT pgmq._create(queue_name, false);
$function$;

CREATE FUNCTION pgmq.create_unlogged(queue_name text)
RETURNS void LANGUAGE sql AS $function$
    SELECT pgmq._create(queue_name, true);
$function$;

CREATE FUNCTION pgmq.create_partitioned(
    queue_name         text,
    partition_interval text DEFAULT '10000',
    retention_interval text DEFAULT '100000'
)
RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    RAISE EXCEPTION 'queue "%" cannot be partitioned without the extension pgmq', queue_name
        USING ERRCODE = 'feature_not_supported',
              HINT = 'install the extensions pgmq and pg_partman, or use pgmq.create';
END
$function$;

CREATE FUNCTION pgmq.create(queue_name text)
RETURNS void LANGUAGE sql AS $function$
    SELECT pgmq._create(queue_name, false);
$function$;

CREATE FUNCTION pgmq.drop_queue(queue_name text)
RETURNS boolean LANGUAGE plpgsql AS $function$
DECLARE
    qtable text := pgmq.format_table_name(queue_name, 'q');
    atable text := pgmq.format_table_name(queue_name, 'a');
BEGIN
    PERFORM pgmq.acquire_queue_lock(queue_name);
    DELETE FROM pgmq.meta m WHERE m.queue_name = drop_queue.queue_name;
    IF NOT FOUND THEN
        RAISE NOTICE 'queue "%" does not exist', queue_name;
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE IF EXISTS pgmq.%I', qtable);
    EXECUTE format('DROP TABLE IF EXISTS pgmq.%I', atable);
    RETURN true;
END
$function$;

-- Deprecated by PGMQ, kept for its clients.
CREATE FUNCTION pgmq.drop_queue(queue_name text, partitioned boolean)
RETURNS boolean LANGUAGE sql AS $function$
    SELECT pgmq.drop_queue(queue_name);
$function$;

-- The archive belongs to no extension here, so there is nothing to detach it from.
CREATE FUNCTION pgmq.detach_archive(queue_name text)
RETURNS void LANGUAGE sql AS $function$
    SELECT pgmq._existing_table(queue_name, 'a');
$function$;

CREATE FUNCTION pgmq.list_queues()
RETURNS SETOF pgmq.queue_record LANGUAGE sql STABLE AS $function$
    SELECT queue_name, is_partitioned, is_unlogged, created_at FROM pgmq.meta;
$function$;

CREATE FUNCTION pgmq.purge_queue(queue_name text)
RETURNS bigint LANGUAGE plpgsql AS $function$
DECLARE
    purged bigint;
BEGIN
    EXECUTE format('DELETE FROM pgmq.%I', pgmq._existing_table(queue_name, 'q'));
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END
$function$;

-- Sending

CREATE FUNCTION pgmq.send_batch(
    queue_name text,
    msgs       jsonb[],
    headers    jsonb[],
    delay      timestamptz
)
RETURNS SETOF bigint LANGUAGE plpgsql AS $function$
BEGIN
    IF cardinality(headers) > cardinality(msgs) THEN
        RAISE EXCEPTION 'queue "%" got % headers for % messages',
            queue_name, cardinality(headers), cardinality(msgs)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'give at most one for each message';
    END IF;
    RETURN QUERY EXECUTE format(
        'INSERT INTO pgmq.%I (vt, message, headers)
         SELECT $2, m.message, m.headers
         FROM unnest($1, coalesce($3, ARRAY[]::jsonb[]))
                  WITH ORDINALITY AS m (message, headers, position)
         ORDER BY m.position
         RETURNING msg_id',
        pgmq._existing_table(queue_name, 'q'))
    USING msgs, delay, headers;
END
$function$;

CREATE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[])
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send_batch(queue_name, msgs, NULL, clock_timestamp());
$function$;

CREATE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[])
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send_batch(queue_name, msgs, headers, clock_timestamp());
$function$;

CREATE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], delay integer)
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send_batch(queue_name, msgs, NULL,
                           clock_timestamp() + make_interval(secs => delay));
$function$;

CREATE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz)
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send_batch(queue_name, msgs, NULL, delay);
$function$;

CREATE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer)
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send_batch(queue_name, msgs, headers,
                           clock_timestamp() + make_interval(secs => delay));
$function$;

CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz)
RETURNS SETOF bigint LANGUAGE plpgsql AS $function$
BEGIN
    RETURN QUERY EXECUTE format(
        'INSERT INTO pgmq.%I (vt, message, headers) VALUES ($2, $1, $3) RETURNING msg_id',
        pgmq._existing_table(queue_name, 'q'))
    USING msg, delay, headers;
END
$function$;

CREATE FUNCTION pgmq.send(queue_name text, msg jsonb)
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send(queue_name, msg, NULL, clock_timestamp());
$function$;

CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, headers jsonb)
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send(queue_name, msg, headers, clock_timestamp());
$function$;

CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, delay integer)
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send(queue_name, msg, NULL, clock_timestamp() + make_interval(secs => delay));
$function$;

CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, delay timestamptz)
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send(queue_name, msg, NULL, delay);
$function$;

CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer)
RETURNS SETOF bigint LANGUAGE sql AS $function$
    SELECT pgmq.send(queue_name, msg, headers, clock_timestamp() + make_interval(secs => delay));
$function$;

-- Reading

-- Hides up to qty visible messages for vt seconds and returns them, oldest first. With a condition
-- only messages that contain it count.
CREATE FUNCTION pgmq.read(
    queue_name  text,
    vt          integer,
    qty         integer,
    conditional jsonb DEFAULT '{}'
)
RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS $function$
DECLARE
    -- One value for the whole statement, so that the index on vt can serve.
    visible_at timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY EXECUTE format(
        'WITH claimed AS MATERIALIZED (
             SELECT msg_id
             FROM pgmq.%1$I
             WHERE vt <= $1 AND ($4 = ''{}'' OR message @> $4)
             ORDER BY msg_id
             LIMIT $3
             FOR UPDATE SKIP LOCKED
         ), hidden AS (
             UPDATE pgmq.%1$I m
             SET vt = $1 + make_interval(secs => $2),
                 read_ct = m.read_ct + 1
             FROM claimed
             WHERE m.msg_id = claimed.msg_id
             RETURNING m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers
         )
         SELECT msg_id, read_ct, enqueued_at, vt, message, headers
         FROM hidden
         ORDER BY msg_id',
        pgmq._existing_table(queue_name, 'q'))
    USING visible_at, vt, qty, coalesce(conditional, '{}');
END
$function$;

-- The same, waiting up to max_poll_seconds for a first message.
CREATE FUNCTION pgmq.read_with_poll(
    queue_name       text,
    vt               integer,
    qty              integer,
    max_poll_seconds integer DEFAULT 5,
    poll_interval_ms integer DEFAULT 100,
    conditional      jsonb DEFAULT '{}'
)
RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS $function$
DECLARE
    stop_at timestamptz := clock_timestamp() + make_interval(secs => max_poll_seconds);
BEGIN
    LOOP
        RETURN QUERY SELECT * FROM pgmq.read(queue_name, vt, qty, conditional);
        EXIT WHEN FOUND OR clock_timestamp() >= stop_at;
        PERFORM pg_sleep(poll_interval_ms / 1000.0);
    END LOOP;
END
$function$;

CREATE FUNCTION pgmq.pop(queue_name text)
RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS $function$
BEGIN
    RETURN QUERY EXECUTE format(
        'WITH claimed AS MATERIALIZED (
             SELECT msg_id
             FROM pgmq.%1$I
             WHERE vt <= $1
             ORDER BY msg_id
             LIMIT 1
             FOR UPDATE SKIP LOCKED
         )
         DELETE FROM pgmq.%1$I m
         USING claimed
         WHERE m.msg_id = claimed.msg_id
         RETURNING m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers',
        pgmq._existing_table(queue_name, 'q'))
    USING clock_timestamp();
END
$function$;

-- Makes a message visible vt seconds from now.
CREATE FUNCTION pgmq.set_vt(queue_name text, msg_id bigint, vt integer)
RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS $function$
BEGIN
    RETURN QUERY EXECUTE format(
        'UPDATE pgmq.%I m
         SET vt = clock_timestamp() + make_interval(secs => $2)
         WHERE m.msg_id = $1
         RETURNING m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers',
        pgmq._existing_table(queue_name, 'q'))
    USING msg_id, vt;
END
$function$;

-- Ending

CREATE FUNCTION pgmq.delete(queue_name text, msg_ids bigint[])
RETURNS SETOF bigint LANGUAGE plpgsql AS $function$
BEGIN
    RETURN QUERY EXECUTE format(
        'DELETE FROM pgmq.%I WHERE msg_id = ANY ($1) RETURNING msg_id',
        pgmq._existing_table(queue_name, 'q'))
    USING msg_ids;
END
$function$;

CREATE FUNCTION pgmq.delete(queue_name text, msg_id bigint)
RETURNS boolean LANGUAGE sql AS $function$
    SELECT EXISTS (SELECT FROM pgmq.delete(queue_name, ARRAY[msg_id]));
$function$;

CREATE FUNCTION pgmq.archive(queue_name text, msg_ids bigint[])
RETURNS SETOF bigint LANGUAGE plpgsql AS $function$
BEGIN
    RETURN QUERY EXECUTE format(
        'WITH removed AS (
             DELETE FROM pgmq.%I
             WHERE msg_id = ANY ($1)
             RETURNING msg_id, read_ct, enqueued_at, vt, message, headers
         )
         INSERT INTO pgmq.%I (msg_id, read_ct, enqueued_at, vt, message, headers)
         SELECT msg_id, read_ct, enqueued_at, vt, message, headers
         FROM removed
         RETURNING msg_id',
        pgmq._existing_table(queue_name, 'q'), pgmq._existing_table(queue_name, 'a'))
    USING msg_ids;
END
$function$;

CREATE FUNCTION pgmq.archive(queue_name text, msg_id bigint)
RETURNS boolean LANGUAGE sql AS $function$
    SELECT EXISTS (SELECT FROM pgmq.archive(queue_name, ARRAY[msg_id]));
$function$;

-- Looking

CREATE FUNCTION pgmq.metrics(queue_name text)
RETURNS pgmq.metrics_result LANGUAGE plpgsql AS $function$
DECLARE
    qtable text := pgmq._existing_table(queue_name, 'q');
    result pgmq.metrics_result;
BEGIN
    EXECUTE format(
        'SELECT $1,
                count(*),
                extract(epoch FROM now() - max(q.enqueued_at))::integer,
                extract(epoch FROM now() - min(q.enqueued_at))::integer,
                (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM pgmq.%I),
                now(),
                count(*) FILTER (WHERE q.vt <= now())
         FROM pgmq.%I q',
        qtable || '_msg_id_seq', qtable)
    INTO result
    USING queue_name;
    RETURN result;
END
$function$;

CREATE FUNCTION pgmq.metrics_all()
RETURNS SETOF pgmq.metrics_result LANGUAGE sql AS $function$
    SELECT r.* FROM pgmq.meta m, LATERAL pgmq.metrics(m.queue_name) r;
$function$;

-- Monitoring roles may look at every queue, also at those made later.
GRANT USAGE ON SCHEMA pgmq TO pg_monitor;
GRANT SELECT ON ALL TABLES IN SCHEMA pgmq TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA pgmq GRANT SELECT ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA pgmq GRANT SELECT ON SEQUENCES TO pg_monitor;

END
$pgmq$;
