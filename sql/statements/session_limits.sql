-- $1 statement_timeout, $2 lock_timeout, $3 for this transaction only?  Not in the start-up
-- packet, so that the connection string's own options stay.  Our statements are short and led by
-- indexes: compiling them (jit) costs more than they do.
-- $4 the timeline that was seen, 0: any.  Behind a pooler each transaction may meet another server:
-- the logarithm of zero (2201E), which no other statement can have, says that this is an old primary.
SELECT set_config('statement_timeout', $1, $3::boolean), set_config('lock_timeout', $2, $3::boolean),
       set_config('jit', 'off', $3::boolean),
       ln(CASE WHEN $4::bigint = 0 OR pg_is_in_recovery() THEN 1.0::double precision
               WHEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint >= $4 THEN 1.0
               ELSE 0.0 END)
