-- Domain events, read without taking them. Each `-- name:` becomes tenon::sql::events::<name>.

-- name: queues
-- → namespace text, number of the newest event ever sent bigint; those that have a queue of events
SELECT namespace, newest
FROM tenon.event_queues();

-- name: peek
-- $1 namespace text, $2 after bigint, $3 numbers to look for again bigint[], $4 limit integer
-- → msg_id bigint, name text, document text
SELECT msg_id, name, document
FROM tenon.peek_events($1, $2, $3, $4);
