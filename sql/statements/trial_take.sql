-- What somebody waits for in a shard.  $1 shard, $2 at most so many
SELECT t.account_id, t.id, t.webhook_id, t.kind, t.service, t.call_id, t.settings, t.auth, t.data
FROM callhook.trial t
WHERE t.shard = $1 AND t.done_at IS NULL AND t.expires_at > now()
LIMIT $2
