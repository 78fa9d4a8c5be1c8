-- Templates. Each `-- name:` becomes tenon::sql::templates::<name>.

-- name: register_template
-- $1 registration jsonb → template_id
SELECT tenon.register_template($1::jsonb);

-- name: is_new
-- $1 template_id integer → whether this transaction registered it
SELECT coalesce(xmin = pg_current_xact_id_if_assigned()::xid, false)
FROM tenon.task_templates
WHERE template_id = $1;

-- name: documents
-- $1 namespace text or NULL → JSON array
SELECT tenon.template_documents($1);

-- name: document
-- $1 namespace text, $2 name text, $3 version text or NULL → JSON object, or NULL
SELECT tenon.template_document($1, $2, $3);

-- name: definition
-- $1 template_id integer → definition
SELECT definition
FROM tenon.task_templates
WHERE template_id = $1;

-- name: namespaces
-- → name
SELECT name
FROM tenon.task_namespaces
ORDER BY name;
