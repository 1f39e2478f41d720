-- $1 statement_timeout, $2 lock_timeout: for the whole session, not in the start-up packet,
-- so that the connection string's own options stay.
SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false)
