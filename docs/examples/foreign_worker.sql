-- A worker that is nothing but SQL: it speaks PGMQ and runs every step of one diamond_workflow.
--
--     psql -d DATABASE -f foreign_worker.sql
--
-- It needs a host with the orchestration role, which processes the results, and no worker. What it
-- does, any language with a PostgreSQL driver can do:
--
--   1. pgmq.read takes a message from the queue of the namespace and hides it for 30 s: a worker
--      that dies gives its step to the next one. {task_uuid, step_uuid, correlation_id}
--   2. tenon.step_input says what to do and with what; NULL: the step wants nothing any more.
--   3. pgmq.send puts the outcome on orchestration_step_results. A failure is
--      {"status": "failed", "error": {"message": …, "error_type": …, "retryable": true}}
--   4. pgmq.delete takes the message off its queue, in the transaction of the send.
--
-- A result that comes twice counts once; one that comes too late is refused.

\set ON_ERROR_STOP on

SELECT tenon.submit('diamond_workflow', 'diamond_pattern', '{"even_number": 6}') AS task \gset
SELECT set_config('tenon.example_task', :'task', false) AS task \gset

CREATE FUNCTION pg_temp.run_handler(callable text, context json, dependencies json) RETURNS bigint
LANGUAGE sql AS $$
    SELECT CASE callable
        WHEN 'diamond::DiamondStartHandler' THEN power((context ->> 'even_number')::numeric, 2)
        WHEN 'diamond::DiamondBranchBHandler' THEN
            power((dependencies ->> 'diamond_start')::numeric, 2)
        WHEN 'diamond::DiamondBranchCHandler' THEN
            power((dependencies ->> 'diamond_start')::numeric, 2)
        WHEN 'diamond::DiamondEndHandler' THEN
            power((dependencies ->> 'diamond_branch_b')::numeric
                  * (dependencies ->> 'diamond_branch_c')::numeric, 2)
    END::bigint
$$;

DO $$
DECLARE
    v_message record;
    v_input   json;
    v_value   bigint;
    v_left    integer := 4;
BEGIN
    WHILE v_left > 0 LOOP
        SELECT m.msg_id, m.message INTO v_message
        FROM pgmq.read_with_poll('diamond_workflow_queue', 30, 1, 10, 20) AS m;
        IF v_message.msg_id IS NULL THEN
            RAISE EXCEPTION 'no step came within 10 s, % are left', v_left
                USING HINT = 'does a host with the orchestration role run?';
        END IF;
        COMMIT;

        v_input := tenon.step_input((v_message.message ->> 'step_uuid')::uuid);
        IF v_input IS NOT NULL THEN
            v_value := pg_temp.run_handler(v_input ->> 'callable', v_input -> 'context',
                                           v_input -> 'dependencies');
            RAISE NOTICE '% gives %', v_input ->> 'step_name', v_value;
            PERFORM pgmq.send('orchestration_step_results',
                              v_message.message || jsonb_build_object('status', 'completed',
                                                                      'result', v_value));
            v_left := v_left - 1;
        END IF;
        PERFORM pgmq.delete('diamond_workflow_queue', v_message.msg_id);
        COMMIT;
    END LOOP;
END
$$;

-- The host processes the last result; then the task is complete.
DO $$
BEGIN
    FOR i IN 1 .. 500 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM tenon.tasks AS t
                              WHERE t.state NOT IN ('complete', 'error', 'cancelled')
                                AND t.task_uuid = current_setting('tenon.example_task')::uuid);
        COMMIT;
        PERFORM pg_sleep(0.02);
    END LOOP;
END
$$;

SELECT t.state, s.step_no, s.state AS step_state, s.result
FROM tenon.tasks AS t
JOIN tenon.workflow_steps AS s USING (task_uuid)
WHERE t.task_uuid = :'task'
ORDER BY s.step_no;
