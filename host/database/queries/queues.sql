-- The queues of the orchestration role. Each `-- name:` becomes tenon::sql::queues::<name>.

-- name: read
-- Not flushed: a read that a crash undoes only makes its messages visible sooner.
-- $1 queue text, $2 seconds for which they are invisible integer, $3 how many at most integer
-- → msg_id, read_ct, message text
SELECT m.msg_id, m.read_ct, m.message::text
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS relaxed,
     pgmq.read($1, $2, $3) AS m;

-- name: look
-- → whether there are task requests, step results and finalizations that may be read, and seconds
--   until the next timer is due float8 or NULL
SELECT EXISTS (SELECT FROM pgmq.q_orchestration_task_requests
               WHERE vt <= statement_timestamp()),
       EXISTS (SELECT FROM pgmq.q_orchestration_step_results
               WHERE vt <= statement_timestamp()),
       EXISTS (SELECT FROM pgmq.q_orchestration_task_finalizations
               WHERE vt <= statement_timestamp()),
       (SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 FROM tenon.due);

-- name: give_back
-- Reads that came to nothing through no fault of the messages: visible at once, and not counted.
-- $1 msg_id bigint[] of task requests, $2 of step results, $3 of finalizations → how many
WITH requests AS (
    UPDATE pgmq.q_orchestration_task_requests AS q
    SET vt = clock_timestamp(), read_ct = q.read_ct - 1
    FROM (SELECT msg_id FROM pgmq.q_orchestration_task_requests
          WHERE msg_id = ANY ($1::bigint[]) AND read_ct > 0
          ORDER BY msg_id
          FOR UPDATE SKIP LOCKED) AS r
    WHERE q.msg_id = r.msg_id
    RETURNING q.msg_id
), results AS (
    UPDATE pgmq.q_orchestration_step_results AS q
    SET vt = clock_timestamp(), read_ct = q.read_ct - 1
    FROM (SELECT msg_id FROM pgmq.q_orchestration_step_results
          WHERE msg_id = ANY ($2::bigint[]) AND read_ct > 0
          ORDER BY msg_id
          FOR UPDATE SKIP LOCKED) AS r
    WHERE q.msg_id = r.msg_id
    RETURNING q.msg_id
), finalizations AS (
    UPDATE pgmq.q_orchestration_task_finalizations AS q
    SET vt = clock_timestamp(), read_ct = q.read_ct - 1
    FROM (SELECT msg_id FROM pgmq.q_orchestration_task_finalizations
          WHERE msg_id = ANY ($3::bigint[]) AND read_ct > 0
          ORDER BY msg_id
          FOR UPDATE SKIP LOCKED) AS r
    WHERE q.msg_id = r.msg_id
    RETURNING q.msg_id
)
SELECT (SELECT count(*) FROM requests)
     + (SELECT count(*) FROM results)
     + (SELECT count(*) FROM finalizations);

-- name: redeliver
-- Makes visible what was read and not processed, because its reader may be dead. A message that
-- somebody processes right now is locked and left alone; one that is read twice counts once.
-- → how many
WITH requests AS (
    UPDATE pgmq.q_orchestration_task_requests AS q
    SET vt = clock_timestamp()
    FROM (SELECT msg_id FROM pgmq.q_orchestration_task_requests
          WHERE vt > clock_timestamp() AND read_ct > 0
          ORDER BY msg_id
          FOR UPDATE SKIP LOCKED) AS r
    WHERE q.msg_id = r.msg_id
    RETURNING q.msg_id
), results AS (
    UPDATE pgmq.q_orchestration_step_results AS q
    SET vt = clock_timestamp()
    FROM (SELECT msg_id FROM pgmq.q_orchestration_step_results
          WHERE vt > clock_timestamp() AND read_ct > 0
          ORDER BY msg_id
          FOR UPDATE SKIP LOCKED) AS r
    WHERE q.msg_id = r.msg_id
    RETURNING q.msg_id
), finalizations AS (
    UPDATE pgmq.q_orchestration_task_finalizations AS q
    SET vt = clock_timestamp()
    FROM (SELECT msg_id FROM pgmq.q_orchestration_task_finalizations
          WHERE vt > clock_timestamp() AND read_ct > 0
          ORDER BY msg_id
          FOR UPDATE SKIP LOCKED) AS r
    WHERE q.msg_id = r.msg_id
    RETURNING q.msg_id
)
SELECT (SELECT count(*) FROM requests)
     + (SELECT count(*) FROM results)
     + (SELECT count(*) FROM finalizations);

-- name: depths
-- $1 queue text[] → in their order: messages that may be read integer, at most 100 000 of them, and
-- seconds for which the oldest has been on the queue float8 or NULL
SELECT d.waiting, d.oldest
FROM tenon.queue_depths($1::text[]) AS d
ORDER BY d.place;

-- name: archive
-- $1 queue text, $2 msg_id bigint[], $3 reason text[] → how many were still there
SELECT tenon.archive_messages($1, $2::bigint[], $3::text[]);

-- name: send
-- $1 queue text, $2 message jsonb → msg_id
SELECT pgmq.send($1, $2::jsonb);
