-- $1 shard, $2 webhook, $3 the end of what is there now; what ends earlier does
UPDATE callhook.webhook_secret SET expires_at = $3
WHERE shard = $1 AND webhook_id = $2 AND (expires_at IS NULL OR expires_at > $3)
