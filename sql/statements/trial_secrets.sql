-- The secrets of the webhooks in trial_take, the newest of each first; the columns of
-- webhook_secrets.  $1 shard
SELECT k.webhook_id, k.sealed, k.expires_at
FROM callhook.trial t
JOIN callhook.webhook_secret k ON k.shard = $1 AND k.webhook_id = t.webhook_id
WHERE t.shard = $1 AND t.done_at IS NULL AND t.expires_at > now()
ORDER BY k.webhook_id, k.created_at DESC, k.id DESC
