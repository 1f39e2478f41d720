-- $1 shard, $2 webhooks
SELECT w.id, w.version, w.settings, w.auth FROM callhook.webhook w
WHERE w.shard = $1 AND w.id = ANY ($2::uuid[])
