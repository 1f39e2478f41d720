-- A settled delivery that a crash forgets is sent twice, never lost.  Plans are made once and
-- are led by indexes, whatever the statistics of an empty or a full outbox say.  A sender speaks
-- every second: a session that says nothing for 5 s is of one that is frozen or out of reach, and
-- its end frees the shards for the others.
SELECT set_config('synchronous_commit', 'off', false),
       set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false),
       set_config('enable_hashjoin', 'off', false),
       set_config('enable_mergejoin', 'off', false),
       set_config('enable_bitmapscan', 'off', false),
       set_config('enable_sort', 'off', false),
       set_config('enable_material', 'off', false),
       set_config('enable_memoize', 'off', false),
       set_config('jit', 'off', false),
       set_config('idle_session_timeout', '5s', false),
       set_config('idle_in_transaction_session_timeout', '5s', false)
