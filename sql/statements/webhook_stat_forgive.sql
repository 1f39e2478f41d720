-- $1 shard, $2 webhook: when it is switched on again, its time of failures begins anew
UPDATE callhook.webhook_stat SET failing_since = NULL
WHERE shard = $1 AND webhook_id = $2 AND failing_since IS NOT NULL
