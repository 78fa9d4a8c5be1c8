-- What operators do to tasks and steps. Each `-- name:` becomes tenon::sql::repairs::<name>.

-- name: cancel_task
-- $1 task_uuid uuid, $2 by, $3 reason or NULL → outcome, running
SELECT outcome, running
FROM tenon.cancel_tasks(ARRAY[$1::uuid], $2, $3);

-- name: reset_step
-- $1 step_uuid uuid, $2 by, $3 reason or NULL → the task's state
SELECT tenon.reset_step($1::uuid, $2, $3);

-- name: resolve_step
-- $1 step_uuid uuid, $2 by, $3 reason or NULL → the task's state
SELECT tenon.resolve_step($1::uuid, $2, $3);

-- name: complete_step
-- $1 step_uuid uuid, $2 result json, $3 by, $4 reason or NULL → the task's state
SELECT tenon.complete_step($1::uuid, $2::json, $3, $4);

-- name: redrive_task
-- $1 task_uuid uuid, $2 by, $3 reason or NULL → steps that were reset
SELECT tenon.redrive_task($1::uuid, $2, $3);
