-- $1 shard, $2 webhook
DELETE FROM callhook.webhook_stat WHERE shard = $1 AND webhook_id = $2
