-- The newest first; the columns of recovery_get.  $1 shard, $2 account, $3 webhook, $4 limit
SELECT r.id, r.webhook_id, r.state, r.since, r.until, r.found, r.resent, r.created_at, r.finished_at
FROM callhook.recovery r
WHERE r.shard = $1 AND r.account_id = $2 AND r.webhook_id = $3
ORDER BY r.id DESC
LIMIT $4
