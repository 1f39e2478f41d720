-- The scope of events, and plans that need no new look at each batch: making one anew costs
-- as much as carrying it out, and what is asked is led by indexes whatever the arrays hold.
SELECT set_config('callhook.scope', 'events', true),
       set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('enable_seqscan', 'off', true)
