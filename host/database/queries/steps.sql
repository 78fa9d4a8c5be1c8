-- The step path. Each `-- name:` becomes tenon::sql::steps::<name>.

-- name: advance
-- $1 host_id integer, $2 task_uuid uuid[], $3 step_no integer[], $4 attempt integer[],
-- $5 execution_us bigint[], $6 result json[], $7 failure json[], $8 queue text[],
-- $9 refused template_id integer[], $10 want integer, $11 what handlers want said json or NULL,
-- $12 limits of handlers json or NULL, $13 generation of the plugin integer[]
-- → kind, task_uuid, step_no, ref_no, attempt, template_id, correlation_id, body
SELECT kind, task_uuid, step_no, ref_no, attempt, template_id, correlation_id, body
FROM tenon.advance($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: submit_results
-- The queued profile's half for workers: results wait for the orchestration role.
-- Parameters as advance → as advance
SELECT kind, task_uuid, step_no, ref_no, attempt, template_id, correlation_id, body
FROM tenon.submit_results($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: claim_named
-- Steps by name instead of from the queues' heads.
-- $1 host_id integer, $2 task_uuid uuid[], $3 step_no integer[], $4 correlation_id uuid[],
-- $5 queue text, $6 msg_id bigint[], $7 want integer → as advance, and 'n'
SELECT kind, task_uuid, step_no, ref_no, attempt, template_id, correlation_id, body
FROM tenon.claim_named_steps($1, $2, $3, $4, $5, $6, $7);

-- name: submit_and_start
-- $1 host_id integer, $2 want integer, $3 refused template_id integer[], $4 namespace, $5 name,
-- $6 context json, $7 version or NULL, $8 priority integer, $9 initiator, $10 source_system,
-- $11 reason or NULL, $12 tags text[] or NULL, $13 correlation_id or NULL,
-- $14 parent_correlation_id or NULL, $15 idempotency_key or NULL → as advance, and 't'
SELECT kind, task_uuid, step_no, ref_no, attempt, template_id, correlation_id, body
FROM tenon.submit_and_start($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::uuid,
                            $14::uuid, $15);

-- name: recover_claims
-- Claims of this host that it never heard of, because the connection broke before the reply came.
-- $1 host_id integer, $2 known step_uuid uuid[], $3 pid of the broken connection's backend integer
-- → as advance
SELECT kind, task_uuid, step_no, ref_no, attempt, template_id, correlation_id, body
FROM tenon.recover_claims($1, $2, $3);

-- name: ancestor_result
-- $1 task_uuid uuid, $2 step_no integer, $3 name of the ancestor text → result text or NULL
SELECT tenon.ancestor_result($1, $2, $3);

-- name: save_checkpoint
-- $1 host_id integer, $2 task_uuid uuid, $3 step_no integer, $4 attempt integer, $5 checkpoint json
-- → false when the attempt is no longer this host's
SELECT tenon.save_checkpoint($1, $2, $3, $4, $5);

-- name: report_progress
-- $1 host_id integer, $2 [{task_uuid, step_no, attempt, fraction, message}] json → stored integer
SELECT tenon.report_progress($1, $2);

-- name: ended_tasks
-- $1 task_uuid uuid[] → those of them that were cancelled or ended
SELECT tenon.ended_tasks($1::uuid[]);

-- name: release_due
-- $1 limit integer → released integer, namespaces text (comma separated), next_in float8 or NULL
SELECT released, array_to_string(namespaces, ','), next_in
FROM tenon.release_due($1);
