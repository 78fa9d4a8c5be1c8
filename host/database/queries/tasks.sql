-- Tasks as people see them. Each `-- name:` becomes tenon::sql::tasks::<name>.

-- name: submit
-- $1 namespace, $2 name, $3 context json, $4 version or NULL, $5 priority, $6 initiator,
-- $7 source_system, $8 reason or NULL, $9 tags text[] or NULL, $10 correlation_id uuid or NULL,
-- $11 parent_correlation_id uuid or NULL, $12 idempotency_key or NULL → task_uuid, created
SELECT task_uuid, created
FROM tenon.submit_tasks($1, $2, ARRAY[$3::json], $4, $5, $6, $7, $8, $9::text[], $10::uuid,
                        $11::uuid, false, ARRAY[$12::text]);

-- name: document
-- $1 task_uuid uuid → document json or NULL
SELECT tenon.task_document($1::uuid);

-- name: state
-- $1 task_uuid uuid → state
SELECT state
FROM tenon.all_tasks
WHERE task_uuid = $1::uuid;
