-- Tasks as people see them. Each `-- name:` becomes tenon::sql::tasks::<name>.

-- name: submit
-- $1 namespace, $2 name, $3 context json, $4 version or NULL, $5 priority, $6 initiator,
-- $7 source_system, $8 reason or NULL, $9 tags text[] or NULL, $10 correlation_id uuid or NULL,
-- $11 parent_correlation_id uuid or NULL, $12 idempotency_key or NULL → task_uuid, created
SELECT task_uuid, created
FROM tenon.submit_tasks($1, $2, ARRAY[$3::json], $4, $5, $6, $7, $8, $9::text[], $10::uuid,
                        $11::uuid, false,
                        CASE WHEN $12::text IS NOT NULL THEN ARRAY[$12::text] END);

-- name: submit_all
-- As submit, but $3 is contexts json[] and $12 idempotency_keys text[], each as long, in which ''
-- stands for no key, or NULL for none at all → a row for each context in its order
SELECT task_uuid, created
FROM tenon.submit_tasks($1, $2, $3::json[], $4, $5, $6, $7, $8, $9::text[], $10::uuid, $11::uuid,
                        false, array_replace($12::text[], '', NULL));

-- name: document
-- $1 task_uuid uuid → document json or NULL
SELECT tenon.task_document($1::uuid);

-- name: state
-- $1 task_uuid uuid → state
SELECT state
FROM tenon.all_tasks
WHERE task_uuid = $1::uuid;

-- name: step_documents
-- $1 task_uuid uuid → json array or NULL
SELECT tenon.task_document($1::uuid) -> 'steps';

-- name: step_document
-- $1 task_uuid uuid, $2 the step's name or UUID → document json, or no row
SELECT d.document
FROM json_array_elements(tenon.task_document($1::uuid) -> 'steps') AS d (document)
WHERE d.document ->> 'name' = $2
   OR d.document ->> 'step_uuid' = lower($2);

-- name: step_audit
-- $1 step_uuid uuid → json array
SELECT tenon.step_transitions_document($1::uuid);

-- name: step_uuid
-- $1 task_uuid uuid, $2 the step's name or UUID → step_uuid, or no row
SELECT tenon.step_uuid(t.task_uuid, s.step_no)
FROM tenon.all_tasks AS t
JOIN tenon.template_steps AS s ON s.template_id = t.template_id
WHERE t.task_uuid = $1::uuid
  AND (s.name = $2 OR tenon.step_uuid(t.task_uuid, s.step_no)::text = lower($2));
