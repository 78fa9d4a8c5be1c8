-- Tasks that need attention. Each `-- name:` becomes tenon::sql::dead_letters::<name>.

-- name: documents
-- $1 resolution_status or NULL for all, $2 limit, $3 before: timestamptz or NULL → json array
SELECT tenon.dlq_documents($1, $2, $3::timestamptz);

-- name: document
-- $1 dlq_entry_uuid uuid → document json or NULL
SELECT tenon.dlq_document($1::uuid);

-- name: documents_of_task
-- $1 task_uuid uuid → json array, the newest first
SELECT coalesce(json_agg(tenon.dlq_json(e, false) ORDER BY e.dlq_at DESC), '[]')
FROM tenon.tasks_dlq AS e
WHERE e.task_uuid = $1::uuid;

-- name: add
-- $1 task_uuid uuid, $2 by, $3 notes or NULL → dlq_entry_uuid
SELECT tenon.dlq_add($1::uuid, $2, $3);

-- name: update
-- $1 dlq_entry_uuid uuid, $2 resolution_status, $3 by, $4 notes or NULL → whether there is one
SELECT tenon.dlq_update($1::uuid, $2, $3, $4);

-- name: statistics
-- → json
SELECT tenon.dlq_stats();
