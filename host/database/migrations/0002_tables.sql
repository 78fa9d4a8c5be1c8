-- The tables of a Tenon database. Who writes what, and why each row looks as it does:
--   tasks, workflow_steps   updated in place; no index but the key, so that updates stay HOT
--   *_transitions           append-only audit; BRIN only
--   *_history               tasks that have ended and their steps, moved there in bulk
--   due                     retries and timers, ordered by time
--   tasks_dlq               tasks that need somebody's attention, and what came of it
--   hosts                   one row per start of a host process
-- Transitions and history are partitioned by the time that a task's UUID begins with, so that all
-- there is about an old task lies in one period and is dropped with it (0016_periods.sql). The
-- tables of the step path are not: they stay small because what has ended leaves them.
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

-- When a submission is the same task as an earlier one: never, by the template and its context, or
-- by a key that the caller must give. A key that is given counts whatever the strategy.
CREATE TYPE tenon.identity_strategy AS ENUM ('always_unique', 'strict', 'caller_provided');

CREATE TYPE tenon.delivery_mode AS ENUM ('durable', 'fast', 'broadcast');

-- How an attempt must have ended for its event to be published; failure: either of the two kinds.
CREATE TYPE tenon.event_condition AS ENUM (
    'success', 'failure', 'retryable_failure', 'permanent_failure', 'always');

CREATE TABLE tenon.task_namespaces (
    name        text        PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,28}$'),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Immutable. `definition` is the canonical template, `content_hash` its SHA-256 in hex, `lifecycle`
-- its limits as the template has them (NULL: none).
CREATE TABLE tenon.task_templates (
    template_id        integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace          text        NOT NULL REFERENCES tenon.task_namespaces,
    name               text        NOT NULL,
    version            text        NOT NULL CHECK (version ~ '^\d{1,9}\.\d{1,9}\.\d{1,9}$'),
    content_hash       text        NOT NULL,
    definition         jsonb       NOT NULL,
    input_schema       jsonb,
    lifecycle          jsonb,
    identity_strategy  tenon.identity_strategy NOT NULL DEFAULT 'always_unique',
    sink_count         integer     NOT NULL CHECK (sink_count > 0),
    registered_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
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
    non_retryable    text[],       -- error types and codes that are final
    backoff          tenon.backoff NOT NULL,
    backoff_base_ms  integer       NOT NULL,
    max_backoff_ms   integer       NOT NULL,
    timeout_ms       integer       NOT NULL,
    publishes        boolean,      -- NULL: no events
    PRIMARY KEY (template_id, step_no)
);

-- The events that steps publish, in the order of the template.
CREATE TABLE tenon.template_events (
    template_id    integer               NOT NULL,
    step_no        integer               NOT NULL,
    event_no       integer               NOT NULL,
    name           text                  NOT NULL,
    delivery_mode  tenon.delivery_mode   NOT NULL,
    condition      tenon.event_condition NOT NULL,
    schema         jsonb,                -- NULL: anything may be said
    PRIMARY KEY (template_id, step_no, event_no),
    FOREIGN KEY (template_id, step_no) REFERENCES tenon.template_steps
);

-- waiting_on: sinks that have not completed; the task completes when it reaches 0.
CREATE TABLE tenon.tasks (
    task_uuid              uuid             NOT NULL,
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
    context                json             NOT NULL,
    PRIMARY KEY (task_uuid)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- SHA-256 of what makes a submission the same task as another.
CREATE TABLE tenon.task_identities (
    identity_hash  bytea  PRIMARY KEY,
    task_uuid      uuid   NOT NULL
);

-- waiting_on: dependencies that have not completed. (host_id, attempts) is the fencing token of the
-- attempt in progress. claimed_at and settled_at belong to the latest attempt. priority is the
-- task's, here so that the step path need not ask the task. yields: attempts that ended at a
-- checkpoint to be taken up there; they count for no limit. stalls: how many of the latest in a row
-- saved nothing new. publishes: of the template's step. events: what the handler of a stored
-- outcome wants said, {attempt, events: [{name, payload}]}.
CREATE TABLE tenon.workflow_steps (
    task_uuid     uuid             NOT NULL,
    step_no       integer          NOT NULL,
    state         tenon.step_state NOT NULL,
    waiting_on    integer          NOT NULL,
    attempts      integer          NOT NULL DEFAULT 0,
    priority      smallint         NOT NULL DEFAULT 0,
    host_id       integer,
    claimed_at    timestamptz,
    settled_at    timestamptz,
    execution_us  bigint,
    successors    integer[],
    result        json,
    failure       json,            -- of the latest failed attempt
    checkpoint    json,            -- where the next attempt takes up the work
    yields        integer,         -- NULL: none
    publishes     boolean,         -- NULL: no events
    events        json,
    stalls        integer,         -- NULL: none
    PRIMARY KEY (task_uuid, step_no)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.05);

-- The latest word of a running handler on how far it is: no truth, so its changes are not logged.
CREATE UNLOGGED TABLE tenon.step_progress (
    task_uuid  uuid        NOT NULL,
    step_no    integer     NOT NULL,
    attempt    integer     NOT NULL,
    fraction   double precision,   -- 0 to 1; NULL: the handler does not know
    message    text        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (task_uuid, step_no)
) WITH (fillfactor = 50);

-- Events that were not published although their step settled, and why.
CREATE TABLE tenon.event_rejections (
    task_uuid   uuid        NOT NULL,
    step_no     integer     NOT NULL,
    attempt     integer     NOT NULL,
    event_name  text        NOT NULL,
    reason      text        NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX event_rejections_task ON tenon.event_rejections (task_uuid);

-- One row per durable change; `via` lists the states passed within that transaction, in order.
CREATE TABLE tenon.task_transitions (
    task_uuid   uuid               NOT NULL,
    from_state  tenon.task_state   NOT NULL,
    to_state    tenon.task_state   NOT NULL,
    via         tenon.task_state[],
    host_id     integer,
    at          timestamptz        NOT NULL DEFAULT clock_timestamp(),
    reason      text
) PARTITION BY RANGE (task_uuid);
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
    reason      text,
    generation  integer    -- of the plugin that ran it, see tenon.host_plugins; NULL: none did
) PARTITION BY RANGE (task_uuid);
CREATE INDEX workflow_step_transitions_task ON tenon.workflow_step_transitions
    USING brin (task_uuid) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX workflow_step_transitions_at ON tenon.workflow_step_transitions
    USING brin (at) WITH (pages_per_range = 16, autosummarize = on);

-- Tasks that have ended, and their steps.
CREATE TABLE tenon.tasks_history
    (LIKE tenon.tasks INCLUDING DEFAULTS, PRIMARY KEY (task_uuid))
    PARTITION BY RANGE (task_uuid);
CREATE TABLE tenon.workflow_steps_history
    (LIKE tenon.workflow_steps INCLUDING DEFAULTS, PRIMARY KEY (task_uuid, step_no))
    PARTITION BY RANGE (task_uuid);

-- What people read: everything that is known about tasks, wherever it is now.
CREATE VIEW tenon.all_tasks AS
    SELECT * FROM tenon.tasks UNION ALL SELECT * FROM tenon.tasks_history;
CREATE VIEW tenon.all_steps AS
    SELECT * FROM tenon.workflow_steps UNION ALL SELECT * FROM tenon.workflow_steps_history;

-- Steps that wait for their time; step 0 is the task itself, whose limits are looked at then.
CREATE TABLE tenon.due (
    task_uuid  uuid        NOT NULL,
    step_no    integer     NOT NULL,
    due_at     timestamptz NOT NULL,
    PRIMARY KEY (task_uuid, step_no)
);
CREATE INDEX due_due_at ON tenon.due (due_at);

-- Tasks that need somebody's attention. Entries outlive their task, whose state then they keep.
CREATE TABLE tenon.tasks_dlq (
    dlq_entry_uuid     uuid             PRIMARY KEY DEFAULT gen_random_uuid(),
    task_uuid          uuid             NOT NULL,
    original_state     tenon.task_state NOT NULL,
    dlq_reason         text             NOT NULL CHECK (dlq_reason IN (
                           'max_retries_exceeded', 'permanent_failure', 'staleness_timeout',
                           'worker_unavailable', 'poison', 'poison_step',
                           'manual_dlq')),
    dlq_at             timestamptz      NOT NULL DEFAULT clock_timestamp(),
    resolution_status  text             NOT NULL DEFAULT 'pending' CHECK (resolution_status IN (
                           'pending', 'manually_resolved', 'permanently_failed', 'cancelled')),
    resolved_at        timestamptz,
    resolved_by        text,
    notes              text,
    task_snapshot      json             NOT NULL
);
CREATE UNIQUE INDEX tasks_dlq_pending ON tenon.tasks_dlq (task_uuid)
    WHERE resolution_status = 'pending';
CREATE INDEX tasks_dlq_task ON tenon.tasks_dlq (task_uuid);
CREATE INDEX tasks_dlq_at ON tenon.tasks_dlq (dlq_at);

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
    lease_until    timestamptz NOT NULL DEFAULT clock_timestamp() + interval '8 s',
    held           uuid[]      NOT NULL DEFAULT '{}',
    claimed_since  timestamptz NOT NULL DEFAULT clock_timestamp(),
    stats          jsonb       NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);

-- Every build that a host made active: with a transition's host and generation it says what ran.
-- Kept as long as a transition may name it, so after the host's row; left_at: when that went.
CREATE TABLE tenon.host_plugins (
    host_id     integer     NOT NULL,
    generation  integer     NOT NULL,
    plugin      text        NOT NULL,
    version     text        NOT NULL,
    sha256      text        NOT NULL,
    active_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    left_at     timestamptz,
    PRIMARY KEY (host_id, generation)
);
