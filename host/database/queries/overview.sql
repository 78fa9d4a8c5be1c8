-- What there is, for people. Each `-- name:` becomes tenon::sql::overview::<name>. A task's UUID
-- begins with its time, so the newest come first by the key, and spans of time are spans of keys.

-- name: tasks
-- $1 namespace, $2 name, $3 status, $4 initiator, $5 source_system, $6 tag, $7 only older ones than
-- this task_uuid, each text or NULL; $8 limit → JSON array, the newest first
SELECT coalesce(json_agg(d.document ORDER BY d.task_uuid DESC), '[]')
FROM (SELECT t.task_uuid,
             json_build_object(
                 'task_uuid', t.task_uuid,
                 'namespace', tt.namespace,
                 'name', tt.name,
                 'version', tt.version,
                 'status', t.state,
                 'priority', t.priority,
                 'tags', coalesce(t.tags, '{}'),
                 'initiator', t.initiator,
                 'source_system', t.source_system,
                 'correlation_id', coalesce(t.correlation_id, t.task_uuid),
                 'failed_steps', t.failed_steps,
                 'created_at', tenon.iso(t.created_at),
                 'settled_at', tenon.iso(t.settled_at)) AS document
      FROM tenon.all_tasks AS t
      JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
      WHERE ($1::text IS NULL OR tt.namespace = $1)
        AND ($2::text IS NULL OR tt.name = $2)
        AND ($3::text IS NULL OR t.state = $3::tenon.task_state)
        AND ($4::text IS NULL OR t.initiator = $4)
        AND ($5::text IS NULL OR t.source_system = $5)
        AND ($6::text IS NULL OR t.tags @> ARRAY[$6::text])
        AND ($7::text IS NULL OR t.task_uuid < $7::uuid)
      ORDER BY t.task_uuid DESC
      LIMIT $8::integer) AS d;

-- name: task_summary
-- $1 task_uuid → a JSON document without context and steps, or NULL
SELECT (tenon.task_document($1::uuid)::jsonb - '{context,steps}'::text[])::text;

-- name: hosts
-- $1 state or NULL → JSON array, the newest first
SELECT coalesce(json_agg(d.document ORDER BY d.host_id DESC), '[]')
FROM (SELECT h.host_id,
             json_build_object(
                 'host_id', h.host_id,
                 'host_uuid', h.host_uuid,
                 'name', h.name,
                 'roles', h.roles,
                 'version', h.version,
                 'state', h.state,
                 'started_at', tenon.iso(h.started_at),
                 'beat_at', tenon.iso(h.beat_at),
                 'lease_remaining_ms', CASE WHEN h.state = 'live' THEN round(
                     extract(epoch FROM h.lease_until - clock_timestamp()) * 1000)::bigint END,
                 'held_steps', cardinality(h.held),
                 'plugins', (SELECT coalesce(json_agg(json_build_object(
                                        'id', p.plugin, 'version', p.version,
                                        'generation', p.generation, 'sha256', p.sha256)
                                    ORDER BY p.plugin, p.generation), '[]')
                             FROM tenon.host_plugins AS p
                             WHERE p.host_id = h.host_id
                               AND p.left_at IS NULL)) AS document
      FROM tenon.hosts AS h
      WHERE $1::text IS NULL
         OR h.state = $1
      ORDER BY h.host_id DESC
      LIMIT 500) AS d;

-- name: performance
-- $1 hours → a JSON document on the tasks and steps of that time
WITH recent AS (
    SELECT t.task_uuid, t.state,
           extract(epoch FROM t.settled_at - t.created_at) * 1000 AS ms
    FROM tenon.all_tasks AS t
    WHERE t.task_uuid >= tenon.uuid_floor(clock_timestamp() - make_interval(hours => $1))
), states AS (
    SELECT r.state, count(*) AS tasks FROM recent AS r GROUP BY r.state
), ended AS (
    SELECT percentile_cont('{0.5,0.95,0.99}'::double precision[])
               WITHIN GROUP (ORDER BY r.ms) AS ms
    FROM recent AS r
    WHERE r.state = 'complete'
), steps AS (
    SELECT count(*) FILTER (WHERE s.settled_at IS NOT NULL) AS settled,
           count(*) FILTER (WHERE s.state = 'error') AS failed,
           coalesce(sum(greatest(s.attempts - coalesce(s.yields, 0) - 1, 0)), 0) AS retries,
           percentile_cont('{0.5,0.95,0.99}'::double precision[])
               WITHIN GROUP (ORDER BY s.execution_us / 1000.0)
               FILTER (WHERE s.state = 'complete') AS ms
    FROM tenon.all_steps AS s
    WHERE s.task_uuid >= tenon.uuid_floor(clock_timestamp() - make_interval(hours => $1))
)
SELECT json_build_object(
    'hours', $1::integer,
    'tasks', json_build_object(
        'total', (SELECT count(*) FROM recent),
        'by_status', (SELECT coalesce(json_object_agg(s.state, s.tasks), '{}') FROM states AS s),
        'completed_per_hour', round((SELECT count(*) FROM recent AS r WHERE r.state = 'complete')
                                    / $1::numeric, 3),
        'duration_ms', json_build_object('p50', round(e.ms[1]::numeric, 3),
                                         'p95', round(e.ms[2]::numeric, 3),
                                         'p99', round(e.ms[3]::numeric, 3))),
    'steps', json_build_object(
        'settled', s.settled,
        'failed', s.failed,
        'retries', s.retries,
        'execution_ms', json_build_object('p50', round(s.ms[1]::numeric, 3),
                                          'p95', round(s.ms[2]::numeric, 3),
                                          'p99', round(s.ms[3]::numeric, 3))))
FROM ended AS e
CROSS JOIN steps AS s;

-- name: bottlenecks
-- $1 hours, $2 limit, $3 least number of executions → JSON array of the steps that took the most
-- time in all
SELECT coalesce(json_agg(d.document ORDER BY d.total DESC), '[]')
FROM (SELECT sum(s.execution_us) AS total,
             json_build_object(
                 'namespace', tt.namespace,
                 'template', tt.name,
                 'version', tt.version,
                 'step', ts.name,
                 'callable', ts.callable,
                 'executions', count(*),
                 'failed', count(*) FILTER (WHERE s.state = 'error'),
                 'retries', sum(greatest(s.attempts - coalesce(s.yields, 0) - 1, 0)),
                 'total_ms', round(sum(s.execution_us) / 1000.0, 3),
                 'mean_ms', round(avg(s.execution_us) / 1000.0, 3),
                 'p95_ms', round((percentile_cont(0.95) WITHIN GROUP (ORDER BY s.execution_us)
                                  / 1000.0)::numeric, 3)) AS document
      FROM tenon.all_steps AS s
      JOIN tenon.all_tasks AS t ON t.task_uuid = s.task_uuid
      JOIN tenon.template_steps AS ts
        ON ts.template_id = t.template_id AND ts.step_no = s.step_no
      JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id
      WHERE s.task_uuid >= tenon.uuid_floor(clock_timestamp() - make_interval(hours => $1))
        AND s.execution_us IS NOT NULL
      GROUP BY tt.namespace, tt.name, tt.version, ts.name, ts.callable
      HAVING count(*) >= $3
      ORDER BY total DESC
      LIMIT $2) AS d;
