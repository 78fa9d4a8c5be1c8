-- The tables of a Tenon database. Who writes what, and why each row looks as it does:
--   tasks, workflow_steps   updated in place; no index but the key, so that updates stay HOT
--   *_transitions           append-only audit; BRIN only
--   due                     retries and timers, ordered by time
--   hosts                   one row per start of a host process
-- Only the database's clock is ever written into a timestamp.

CREATE TYPE tenon.task_state AS ENUM (
    'pending', 'initializing', 'enqueuing_steps', 'steps_in_process', 'evaluating_results',
    'waiting_for_dependencies', 'waiting_for_retry', 'blocked_by_failures',
    'complete', 'error', 'cancelled', 'resolved_manually');

CREATE TYPE tenon.step_state AS ENUM (
    'pending', 'enqueued', 'in_progress', 'enqueued_for_orchestration',
    'enqueued_as_error_for_orchestration', 'waiting_for_retry',
    'complete', 'error', 'cancelled', 'resolved_manually');

CREATE TYPE tenon.backoff AS ENUM ('none', 'linear', 'exponential', 'fibonacci');

CREATE TABLE tenon.task_namespaces (
    name        text        PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,28}$'),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Immutable. `definition` is the canonical template, `content_hash` its SHA-256 in hex.
CREATE TABLE tenon.task_templates (
    template_id    integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace      text        NOT NULL REFERENCES tenon.task_namespaces,
    name           text        NOT NULL,
    version        text        NOT NULL CHECK (version ~ '^\d{1,9}\.\d{1,9}\.\d{1,9}$'),
    content_hash   text        NOT NULL,
    definition     jsonb       NOT NULL,
    input_schema   jsonb,
    sink_count     integer     NOT NULL CHECK (sink_count > 0),
    registered_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (namespace, name, version)
);

-- The graph of a template, computed once: step numbers are topological, from 1.
CREATE TABLE tenon.template_steps (
    template_id      integer       NOT NULL REFERENCES tenon.task_templates,
    step_no          integer       NOT NULL CHECK (step_no BETWEEN 1 AND 65535),
    name             text          NOT NULL,
    callable         text          NOT NULL,
    level            integer       NOT NULL,
    dependencies     integer[]     NOT NULL,
    successors       integer[],    -- NULL: a sink, on which the task itself waits
    ancestors        integer[]     NOT NULL,
    retryable        boolean       NOT NULL,
    max_attempts     integer       NOT NULL,
    backoff          tenon.backoff NOT NULL,
    backoff_base_ms  integer       NOT NULL,
    max_backoff_ms   integer       NOT NULL,
    timeout_ms       integer       NOT NULL,
    PRIMARY KEY (template_id, step_no)
);

-- waiting_on: sinks that have not completed; the task completes when it reaches 0.
CREATE TABLE tenon.tasks (
    task_uuid              uuid             PRIMARY KEY,
    template_id            integer          NOT NULL,
    state                  tenon.task_state NOT NULL,
    waiting_on             integer          NOT NULL,
    failed_steps           integer          NOT NULL DEFAULT 0,
    priority               smallint         NOT NULL DEFAULT 0,
    created_at             timestamptz      NOT NULL,
    settled_at             timestamptz,
    correlation_id         uuid,            -- NULL: the task's own UUID
    parent_correlation_id  uuid,
    initiator              text             NOT NULL,
    source_system          text             NOT NULL,
    reason                 text,
    tags                   text[],
    context                json             NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- waiting_on: dependencies that have not completed. (host_id, attempts) is the fencing token of the
-- attempt in progress. claimed_at and settled_at belong to the latest attempt.
CREATE TABLE tenon.workflow_steps (
    task_uuid     uuid             NOT NULL,
    step_no       integer          NOT NULL,
    state         tenon.step_state NOT NULL,
    waiting_on    integer          NOT NULL,
    attempts      integer          NOT NULL DEFAULT 0,
    host_id       integer,
    claimed_at    timestamptz,
    settled_at    timestamptz,
    execution_us  bigint,
    successors    integer[],
    result        json,
    failure       json,            -- of the latest failed attempt
    PRIMARY KEY (task_uuid, step_no)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.05);

-- One row per durable change; `via` lists the states passed within that transaction, in order.
CREATE TABLE tenon.task_transitions (
    task_uuid   uuid               NOT NULL,
    from_state  tenon.task_state   NOT NULL,
    to_state    tenon.task_state   NOT NULL,
    via         tenon.task_state[],
    host_id     integer,
    at          timestamptz        NOT NULL DEFAULT clock_timestamp(),
    reason      text
);
CREATE INDEX task_transitions_task ON tenon.task_transitions
    USING brin (task_uuid) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE tenon.workflow_step_transitions (
    task_uuid   uuid               NOT NULL,
    step_no     integer            NOT NULL,
    from_state  tenon.step_state   NOT NULL,
    to_state    tenon.step_state   NOT NULL,
    attempt     integer            NOT NULL,
    host_id     integer,
    at          timestamptz        NOT NULL DEFAULT clock_timestamp(),
    via         tenon.step_state[],
    reason      text
);
CREATE INDEX workflow_step_transitions_task ON tenon.workflow_step_transitions
    USING brin (task_uuid) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX workflow_step_transitions_at ON tenon.workflow_step_transitions
    USING brin (at) WITH (pages_per_range = 16, autosummarize = on);

-- Steps that wait for their time.
CREATE TABLE tenon.due (
    task_uuid  uuid        NOT NULL,
    step_no    integer     NOT NULL,
    due_at     timestamptz NOT NULL,
    PRIMARY KEY (task_uuid, step_no)
);
CREATE INDEX due_due_at ON tenon.due (due_at);

-- held: steps in progress at the last beat; claimed_since: every later claim of this host is in
-- workflow_step_transitions at or after this time. Together they name all it can have in progress.
CREATE TABLE tenon.hosts (
    host_id        integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host_uuid      uuid        NOT NULL DEFAULT gen_random_uuid(),
    name           text        NOT NULL,
    roles          text[]      NOT NULL,
    version        text        NOT NULL,
    state          text        NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'retired', 'lost')),
    started_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    beat_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease_until    timestamptz NOT NULL DEFAULT clock_timestamp() + interval '10 s',
    held           uuid[]      NOT NULL DEFAULT '{}',
    claimed_since  timestamptz NOT NULL DEFAULT clock_timestamp(),
    stats          jsonb       NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
