-- What `tenon bench` asks the database. Each `-- name:` becomes tenon::sql::bench::<name>.

-- name: submit_batch
-- $1 namespace, $2 name, $3 version or NULL, $4 context json, $5 how many integer, $6 ring boolean
-- → the task UUIDs, comma separated
SELECT array_to_string(
    tenon.submit_batch($1, $2, array_fill($4::json, ARRAY[$5::integer]), $3, ring => $6::boolean,
                       initiator => 'bench', source_system => 'tenon bench'), ',');

-- name: step_count
-- $1 namespace, $2 name, $3 version or NULL → steps of the template
SELECT count(*)
FROM tenon.template_steps AS s
JOIN tenon.find_template($1, $2, $3) AS t ON t.template_id = s.template_id;

-- name: counters
-- → commits, WAL bytes so far, WAL flushes
SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,
       (SELECT wal_sync FROM pg_stat_wal);

-- name: settled
-- Tasks of a set that came to rest. $1 task_uuid uuid[]
-- → task_uuid, state, milliseconds from submission to the claim of the first step (or NULL), to the
-- end, and of each step from its claim to its result, comma separated
SELECT t.task_uuid,
       t.state,
       extract(epoch FROM min(s.claimed_at) - t.created_at) * 1000,
       extract(epoch FROM coalesce(t.settled_at, max(s.settled_at), t.created_at) - t.created_at)
           * 1000,
       coalesce(string_agg(round(extract(epoch FROM s.settled_at - s.claimed_at) * 1000, 3)::text,
                           ','), '')
FROM tenon.all_tasks AS t
LEFT JOIN tenon.all_steps AS s ON s.task_uuid = t.task_uuid
WHERE t.task_uuid = ANY ($1::uuid[])
  AND t.state IN ('complete', 'error', 'cancelled', 'blocked_by_failures', 'resolved_manually')
GROUP BY t.task_uuid, t.state, t.created_at, t.settled_at;

-- name: fleet
-- Live workers → how many, round trips so far, CPU microseconds so far, seconds since the oldest
-- beat
SELECT count(*),
       coalesce(sum((h.stats ->> 'calls')::bigint), 0),
       coalesce(sum((h.stats ->> 'cpu_us')::bigint), 0),
       coalesce(extract(epoch FROM clock_timestamp() - min(h.beat_at)), 0)
FROM tenon.hosts AS h
WHERE h.state = 'live'
  AND 'worker' = ANY (h.roles);

-- name: hot_tables
-- → dead rows in the tables of the step path and its queues, bytes of them with their indexes
SELECT coalesce(sum(s.n_dead_tup), 0)::bigint,
       coalesce(sum(pg_total_relation_size(s.relid)), 0)::bigint
FROM pg_stat_user_tables AS s
WHERE (s.schemaname = 'tenon' AND s.relname IN ('tasks', 'workflow_steps', 'due', 'hosts'))
   OR (s.schemaname = 'pgmq' AND s.relname LIKE 'q\_%');

-- name: hold_snapshot
-- Begins a transaction that sees the database as it is now, for as long as the session lives.
BEGIN ISOLATION LEVEL REPEATABLE READ;

-- name: look
-- What makes such a transaction take its snapshot. → how many tasks it sees, 0 or 1
SELECT count(*) FROM (SELECT FROM tenon.tasks LIMIT 1) AS t;

-- name: conditions
-- → what durability costs here, in words
SELECT format('PostgreSQL %s, fsync %s, synchronous_commit %s, full_page_writes %s',
              split_part(current_setting('server_version'), ' ', 1), current_setting('fsync'),
              current_setting('synchronous_commit'), current_setting('full_page_writes'));

-- name: backend_pid
-- → the server process of this session
SELECT pg_backend_pid();
