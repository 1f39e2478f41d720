-- $1 statement_timeout, $2 lock_timeout, $3 for this transaction only?  Not in the start-up
-- packet, so that the connection string's own options stay.  Our statements are short and led by
-- indexes: compiling them (jit) costs more than they do.
SELECT set_config('statement_timeout', $1, $3::boolean), set_config('lock_timeout', $2, $3::boolean),
       set_config('jit', 'off', $3::boolean)
