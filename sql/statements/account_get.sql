-- $1 shard, $2 account: one row, or none for an account like any other
SELECT webhooks, events_per_second, retention_days, services
FROM callhook.account
WHERE shard = $1 AND account_id = $2
