-- $1 shard, $2 account, $3 id
SELECT r.id, r.webhook_id, r.state, r.since, r.until, r.found, r.resent, r.created_at, r.finished_at
FROM callhook.recovery r
WHERE r.shard = $1 AND r.account_id = $2 AND r.id = $3
