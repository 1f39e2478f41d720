-- $1 shard, $2 webhooks; the newest of each first
SELECT k.webhook_id, k.sealed, k.expires_at FROM callhook.webhook_secret k
WHERE k.shard = $1 AND k.webhook_id = ANY ($2::uuid[])
ORDER BY k.webhook_id, k.created_at DESC, k.id DESC
