-- What the orchestration role does with the messages it reads, and its housekeeping. Each
-- `-- name:` becomes tenon::sql::orchestration::<name>. The messages of a batch are deleted in the
-- commit that processes them; those that are gone by then are skipped.

-- name: process_task_requests
-- $1 host_id integer, $2 msg_id bigint[], $3 request jsonb[], $4 context json[]
-- → msg_id, task_uuid or NULL, created, namespace, refusal or NULL
SELECT msg_id, task_uuid, created, namespace, refusal
FROM tenon.process_task_requests($1, $2::bigint[], $3::jsonb[], $4::json[]);

-- name: process_step_results
-- $1 host_id integer, $2 msg_id bigint[], $3 task_uuid uuid[], $4 step_no integer[],
-- $5 outcome json[], NULL where it is in the step's row
-- → kind, task_uuid, step_no, body
SELECT kind, task_uuid, step_no, body
FROM tenon.process_step_results($1, $2::bigint[], $3::uuid[], $4::integer[], $5::json[]);

-- name: process_finalizations
-- $1 host_id integer, $2 msg_id bigint[], $3 task_uuid uuid[] → kind, task_uuid, body
SELECT kind, task_uuid, body
FROM tenon.process_finalizations($1, $2::bigint[], $3::uuid[]);

-- name: resume_stale
-- Sends again what lost its message or its timer: a full scan. $1 host_id integer → namespace
SELECT namespace
FROM tenon.resume_stale($1);
