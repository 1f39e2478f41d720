-- Rows, dead rows and bytes of the tables that change, by the statistics.
SELECT relname::text, n_live_tup::bigint, n_dead_tup::bigint, pg_relation_size(relid)
FROM pg_catalog.pg_stat_all_tables
WHERE schemaname = 'callhook' AND relname IN ('outbox', 'event_key', 'webhook', 'webhook_stat', 'shard_owner', 'sender')
ORDER BY relname
