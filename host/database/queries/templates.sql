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

-- name: find
-- $1 namespace text, $2 name text, $3 version text or NULL → template_id; no row: there is none
SELECT t.template_id
FROM tenon.task_templates AS t
WHERE t.namespace = $1
  AND t.name = $2
  AND ($3::text IS NULL OR t.version = $3)
ORDER BY string_to_array(t.version, '.')::integer[] DESC
LIMIT 1;

-- name: callables
-- What the steps of every template of some namespaces call.
-- $1 namespace text[] → template_id, namespace, name, version, step, callable, method, resolver or
-- NULL
SELECT t.template_id, t.namespace, t.name, t.version, s.value ->> 'name',
       s.value -> 'handler' ->> 'callable', s.value -> 'handler' ->> 'method',
       s.value -> 'handler' ->> 'resolver'
FROM tenon.task_templates AS t
CROSS JOIN LATERAL jsonb_array_elements(t.definition -> 'steps') WITH ORDINALITY AS s (value, place)
WHERE t.namespace = ANY ($1::text[])
ORDER BY t.namespace, t.name, string_to_array(t.version, '.')::integer[], t.template_id, s.place;

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
