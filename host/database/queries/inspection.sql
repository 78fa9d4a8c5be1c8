-- What `tenon doctor` looks at. Reads only, and works on a database without our schema too. Each
-- `-- name:` becomes tenon::sql::inspection::<name>.

-- name: server
-- → clock in milliseconds since 1970, version number, is a standby, autovacuum is on, fsync is on,
-- synchronous_commit, connections in use, connections there may be, has the schemas tenon and pgmq
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
       current_setting('server_version_num')::integer,
       pg_is_in_recovery(),
       current_setting('autovacuum')::boolean,
       current_setting('fsync')::boolean,
       current_setting('synchronous_commit'),
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::integer,
       to_regnamespace('tenon') IS NOT NULL,
       to_regnamespace('pgmq') IS NOT NULL;

-- name: tables
-- $1 dead rows from which a table counts → relation, live rows, dead rows, seconds since it was
-- vacuumed or NULL; those of the schemas tenon and pgmq, the worst first
SELECT s.schemaname || '.' || s.relname,
       s.n_live_tup,
       s.n_dead_tup,
       extract(epoch FROM clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum))::bigint
FROM pg_stat_user_tables AS s
WHERE s.schemaname IN ('tenon', 'pgmq')
  AND s.n_dead_tup >= $1::bigint
ORDER BY s.n_dead_tup DESC;

-- name: holders
-- $1 age from which a transaction counts: interval → kind (transaction, prepared or slot), who,
-- seconds since it began or NULL, transactions since then; what keeps VACUUM from removing dead
-- rows of this database, the oldest first
SELECT kind, who, seconds, transactions
FROM (
    SELECT 'transaction' AS kind,
           format('process %s (%s, %s, %s)', pid, usename,
                  coalesce(nullif(application_name, ''), 'no application name'), state) AS who,
           extract(epoch FROM clock_timestamp() - xact_start)::bigint AS seconds,
           coalesce(age(coalesce(backend_xmin, backend_xid)), 0) AS transactions
    FROM pg_stat_activity
    WHERE datname = current_database()
      AND pid <> pg_backend_pid()
      AND xact_start < clock_timestamp() - $1::interval
      AND backend_type = 'client backend'
    UNION ALL
    SELECT 'prepared',
           format('%L (%s)', gid, owner),
           extract(epoch FROM clock_timestamp() - prepared)::bigint,
           age(transaction)
    FROM pg_prepared_xacts
    WHERE database = current_database()
      AND prepared < clock_timestamp() - $1::interval
    UNION ALL
    SELECT 'slot',
           format('%s (%s, %s)', slot_name, slot_type,
                  CASE WHEN active THEN 'active' ELSE 'nobody reads it' END),
           NULL,
           coalesce(greatest(age(xmin), age(catalog_xmin)), 0)
    FROM pg_replication_slots
    WHERE (database IS NULL OR database = current_database())
      AND (NOT active OR xmin IS NOT NULL OR catalog_xmin IS NOT NULL)
) AS held
ORDER BY seconds DESC NULLS LAST, who;

-- name: hosts
-- → host_id, name, roles comma separated, version, state, seconds since it started, since its last
-- beat, by which its lease is overdue (negative: it holds), steps in its hands; the newest first
SELECT host_id,
       name,
       array_to_string(roles, ','),
       version,
       state,
       extract(epoch FROM clock_timestamp() - started_at)::bigint,
       extract(epoch FROM clock_timestamp() - beat_at)::bigint,
       extract(epoch FROM clock_timestamp() - lease_until)::bigint,
       cardinality(held)
FROM tenon.hosts
ORDER BY host_id DESC;
