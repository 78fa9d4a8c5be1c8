-- The record of applied migrations, and the lock under which it changes.

-- name: lock
-- Waits until no other host migrates this database. The key is "tenon" in ASCII.
SELECT pg_advisory_lock(499917942638);

-- name: unlock
SELECT pg_advisory_unlock(499917942638);

-- name: unbound_session
-- Migrations may take long, waiting for other hosts may not.
-- $1 lock_timeout text (ms)
SELECT set_config('statement_timeout', '0', false),
       set_config('lock_timeout', $1, false);

-- name: foreign_objects
-- How many relations and functions schema tenon holds without being ours.
-- → count
SELECT (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid)
           + (SELECT count(*) FROM pg_proc p WHERE p.pronamespace = n.oid)
FROM pg_namespace n
WHERE n.nspname = 'tenon'
  AND to_regclass('tenon.schema_migrations') IS NULL;

-- name: exists
-- → boolean
SELECT to_regclass('tenon.schema_migrations') IS NOT NULL;

-- name: create_record
-- The schema is looked up first: CREATE SCHEMA IF NOT EXISTS demands the right to create one even
-- where it exists, and an administrator may have prepared it for a role without that right.
DO $$
BEGIN
    IF to_regnamespace('tenon') IS NULL THEN
        CREATE SCHEMA tenon;
    END IF;
END
$$;
CREATE TABLE IF NOT EXISTS tenon.schema_migrations (
    version    int PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: applied
-- → version, name, checksum, applied_at text (ISO 8601, UTC)
SELECT version,
       name,
       checksum,
       to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS applied_at
FROM tenon.schema_migrations
ORDER BY version;

-- name: record
-- $1 version int, $2 name text, $3 checksum text
INSERT INTO tenon.schema_migrations (version, name, checksum)
VALUES ($1, $2, $3);
