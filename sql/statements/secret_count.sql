-- $1 shard, $2 webhook
SELECT count(*) FROM callhook.webhook_secret WHERE shard = $1 AND webhook_id = $2
