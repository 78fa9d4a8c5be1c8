-- The care of the tables. Each `-- name:` becomes tenon::sql::maintenance::<name>.

-- name: maintain
-- $1 keep interval, $2 period interval → what was done, json
SELECT tenon.maintain($1::interval, $2::interval);

-- name: sizes
-- → relation, period or NULL, rows, bytes, dead rows, state
SELECT relation, period, rows, bytes, dead, state
FROM tenon.sizes();
