-- $1 shard, $2 webhook, $3 now
SELECT id, kind, sealed, created_at, expires_at FROM callhook.webhook_secret
WHERE shard = $1 AND webhook_id = $2 AND (expires_at IS NULL OR expires_at > $3)
ORDER BY created_at DESC, id DESC
