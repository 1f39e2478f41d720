-- $1 shard: what runs
SELECT r.id, r.webhook_id, r.counted, r.looked, r.until FROM callhook.recovery r
WHERE r.shard = $1 AND r.state = 'running'
LIMIT 100
