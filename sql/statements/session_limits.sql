-- $1 statement_timeout, $2 lock_timeout: for the whole session, not in the start-up packet,
-- so that the connection string's own options stay.  Our statements are short and led by
-- indexes: compiling them (jit) costs more than they do.
SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
       set_config('jit', 'off', false)
