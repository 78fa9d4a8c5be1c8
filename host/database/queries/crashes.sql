-- Steps that took their host down. Each `-- name:` becomes tenon::sql::crashes::<name>.

-- name: report_crash
-- $1 step_uuid uuid, $2 attempt, $3 sha256 or NULL, $4 what happened → whether there is the attempt
SELECT tenon.report_crash($1::uuid, $2, $3, $4);

-- name: set_poison_after
-- $1 crashes after which a step is not tried again
UPDATE tenon.crash_policy SET poison_after = $1;
