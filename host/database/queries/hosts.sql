-- Presence, leases and rescue. Each `-- name:` becomes tenon::sql::hosts::<name>.

-- name: register_host
-- $1 name text, $2 roles text[], $3 version text → host_id
SELECT tenon.register_host($1, $2::text[], $3);

-- name: join_host
-- $1 host_id integer → still live
SELECT tenon.join_host($1);

-- name: beat
-- $1 host_id integer, $2 held step_uuid uuid[], $3 unsure_ms integer, $4 stats jsonb
-- → number of other live hosts, or NULL when this one was declared lost; milliseconds until the
--   first of their leases runs out integer, or NULL without others
SELECT b.others, b.first_overdue_ms FROM tenon.beat($1, $2::uuid[], $3, $4::jsonb) AS b;

-- name: challenge_rescuer
SELECT tenon.challenge_rescuer();

-- name: rescue
-- $1 host_id of the rescuer integer → lost, frozen, namespaces, each comma separated
SELECT array_to_string(r.lost, ','),
       array_to_string(r.frozen, ','),
       array_to_string(r.namespaces, ',')
FROM tenon.rescue($1) AS r;

-- name: resume_stale
-- $1 host_id of the rescuer integer → namespaces to wake
SELECT DISTINCT r.namespace FROM tenon.resume_stale($1) AS r;

-- name: record_plugins
-- $1 host_id integer, $2 [{generation, plugin, version, sha256}] json
SELECT tenon.record_plugins($1, $2::json);

-- name: retire_host
-- $1 host_id integer, $2 step_uuid uuid[] that its handlers still hold → namespaces to wake
SELECT tenon.retire_host($1, $2::uuid[]);

-- name: ring
-- Wakes hosts that wait for work: in a transaction of its own, never in one that writes.
-- $1 channel text, $2 payload text
SELECT pg_notify($1, $2);
