-- A worker in a few lines of SQL, which knows of Tenon only the queues and one question. It works
-- one step of the namespace `steps`: multiplies the numbers that the step depends on, or takes the
-- task's own, and squares the product. Returns the name of the step, NULL when nothing was queued.
CREATE OR REPLACE FUNCTION work_one_step() RETURNS text LANGUAGE plpgsql AS $worker$
DECLARE
    job   record;
    input json;
    n     numeric;
BEGIN
    SELECT * INTO job FROM pgmq.read('steps_queue', 30, 1);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    input := tenon.step_input((job.message ->> 'step_uuid')::uuid);
    IF input IS NOT NULL THEN
        SELECT coalesce(exp(sum(ln(d.value::numeric))), (input #>> '{context,n}')::numeric)
        INTO n
        FROM json_each_text(input -> 'dependencies') AS d;
        PERFORM pgmq.send('orchestration_step_results', job.message || jsonb_build_object(
            'status', 'completed',
            'result', round(n) * round(n)));
    END IF;
    PERFORM pgmq.delete('steps_queue', job.msg_id);
    RETURN input ->> 'step_name';
END
$worker$;
