-- No row when it does not run any more.  $1 shard, $2 recovery, $3 how much its lane would take:
-- is the webhook there and switched on, is it paused, how much of $3 does it owe already?
SELECT coalesce(w.enabled, false), w.paused_at IS NOT NULL,
       (SELECT count(*) FROM (SELECT FROM callhook.outbox o
                              WHERE o.shard = $1 AND o.webhook_id = r.webhook_id AND o.due <= now()
                              LIMIT $3) AS d)
FROM callhook.recovery r
LEFT JOIN callhook.webhook w ON w.shard = $1 AND w.id = r.webhook_id
WHERE r.shard = $1 AND r.id = $2 AND r.state = 'running'
