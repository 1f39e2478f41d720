-- A settled delivery that a crash forgets is sent twice, never lost.  Plans are made once and
-- are led by indexes, whatever the statistics of an empty or a full outbox say.
SELECT set_config('synchronous_commit', 'off', false),
       set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false),
       set_config('enable_hashjoin', 'off', false),
       set_config('enable_mergejoin', 'off', false),
       set_config('jit', 'off', false)
