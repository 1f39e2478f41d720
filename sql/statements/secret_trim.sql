-- $1 shard, $2 webhook, $3 now
DELETE FROM callhook.webhook_secret
WHERE shard = $1 AND webhook_id = $2 AND expires_at <= $3
