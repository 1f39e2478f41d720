-- $1 shard, $2 most rows that are counted, $3 most webhooks that are looked at: deliveries owed,
-- the earliest that is due, webhooks that are owed any.  Bounded, whatever is owed.
WITH RECURSIVE lane AS (
    (SELECT o.webhook_id, o.due FROM callhook.outbox o WHERE o.shard = $1
     ORDER BY o.webhook_id, o.due, o.id LIMIT 1)
    UNION ALL
    SELECT n.webhook_id, n.due FROM lane l CROSS JOIN LATERAL (
        SELECT o.webhook_id, o.due FROM callhook.outbox o
        WHERE o.shard = $1 AND o.webhook_id > l.webhook_id
        ORDER BY o.webhook_id, o.due, o.id LIMIT 1) n
)
SELECT (SELECT count(*)::integer FROM (SELECT FROM callhook.outbox o WHERE o.shard = $1 LIMIT $2::integer) c),
       min(d.due), count(*)::integer
FROM (SELECT due FROM lane LIMIT $3::integer) d
