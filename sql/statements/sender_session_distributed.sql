-- sender_session for a distributed database: its nodes plan by themselves, and kept plans of what
-- is sent on are refused there.
SELECT set_config('synchronous_commit', 'off', false),
       set_config('jit', 'off', false),
       set_config('idle_session_timeout', '5s', false),
       set_config('idle_in_transaction_session_timeout', '5s', false)
