-- Templates. Each `-- name:` becomes tenon::sql::templates::<name>.

-- name: register
-- $1 registration jsonb → template_id
SELECT tenon.register_template($1::jsonb);

-- name: definition
-- $1 template_id integer → definition
SELECT definition
FROM tenon.task_templates
WHERE template_id = $1;

-- name: all
-- → template_id, definition
SELECT template_id, definition
FROM tenon.task_templates
ORDER BY template_id;

-- name: namespaces
-- → name
SELECT name
FROM tenon.task_namespaces
ORDER BY name;
