-- The care of the tables. Each `-- name:` becomes tenon::sql::maintenance::<name>.

-- name: archive_tasks
-- $1 after: task_uuid uuid or NULL, $2 limit, $3 settled for: interval → last task_uuid or NULL,
-- moved
SELECT last, moved
FROM tenon.archive_tasks($1::uuid, $2, $3::interval);

-- name: maintain
-- $1 keep interval, $2 period interval → what was done, json
SELECT tenon.maintain($1::interval, $2::interval);

-- name: sizes
-- → relation, period or NULL, rows, bytes, dead rows
SELECT relation, period, rows, bytes, dead
FROM tenon.sizes();
