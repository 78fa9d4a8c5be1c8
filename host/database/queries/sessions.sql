-- The settings of a session.

-- name: prepare
-- Bounds the time of statements and of transactions that nobody continues.
-- $1 statement_timeout text (ms), $2 idle_in_transaction_session_timeout text (ms)
SELECT set_config('statement_timeout', $1, false),
       set_config('idle_in_transaction_session_timeout', $2, false),
       set_config('client_min_messages', 'warning', false);

-- name: backend
-- The backend that runs this statement.
SELECT pg_backend_pid();

-- name: identity
-- The server since its start, and the database on it.
SELECT extract(epoch FROM pg_postmaster_start_time()) || ' ' || current_database();
