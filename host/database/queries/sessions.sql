-- The settings of a session.

-- name: prepare
-- Bounds the time of statements and of transactions that nobody continues.
-- $1 statement_timeout text (ms), $2 idle_in_transaction_session_timeout text (ms)
SELECT set_config('statement_timeout', $1, false),
       set_config('idle_in_transaction_session_timeout', $2, false),
       set_config('client_min_messages', 'warning', false);
