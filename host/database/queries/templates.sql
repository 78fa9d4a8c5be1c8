-- Templates. Each `-- name:` becomes tenon::sql::templates::<name>.

-- name: register_template
-- $1 registration jsonb → template_id
SELECT tenon.register_template($1::jsonb);

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
