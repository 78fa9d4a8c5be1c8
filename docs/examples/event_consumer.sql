-- A consumer of domain events that speaks nothing but PGMQ. It reads what steps have published on
-- the queue of the namespace `events`, does its own work, and deletes what it has dealt with, all
-- in one transaction. An event may be read again after a crash, so its work is told apart by
-- event_id.

CREATE TABLE IF NOT EXISTS shipments (
    event_id   uuid   PRIMARY KEY,
    task_uuid  uuid   NOT NULL,
    item       bigint NOT NULL
);

BEGIN;

-- Up to 100 events, for 30 seconds invisible to other consumers.
CREATE TEMPORARY TABLE batch ON COMMIT DROP AS
SELECT msg_id, message FROM pgmq.read('events_domain_events', 30, 100);

INSERT INTO shipments (event_id, task_uuid, item)
SELECT (message ->> 'event_id')::uuid,
       (message #>> '{metadata,task_uuid}')::uuid,
       (message #>> '{payload,custom}')::bigint
FROM batch
WHERE message ->> 'event_name' = 'item.shipped'
ON CONFLICT (event_id) DO NOTHING;

-- Deal with every event, also those that say nothing to this consumer: nobody else takes them away.
SELECT pgmq.delete('events_domain_events', array_agg(msg_id)) FROM batch;

COMMIT;
