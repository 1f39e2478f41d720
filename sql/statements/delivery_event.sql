-- The event of a delivery, the same columns as event_get.  $1 shard, $2 account, $3 delivery,
-- $4 from this attempt on.  Lateral, because row level security lets no subquery into the
-- condition of an index.
SELECT e.id, e.service, e.kind, e.occurred_at, e.call_id, e.data
FROM (SELECT coalesce(
    (SELECT o.event_id FROM callhook.outbox o WHERE o.shard = $1 AND o.id = $3),
    (SELECT a.event_id FROM callhook.attempt a
     WHERE a.shard = $1 AND a.delivery_id = $3 AND a.id >= $4 LIMIT 1)) AS id OFFSET 0) AS d
CROSS JOIN LATERAL (
    SELECT v.id, v.service, v.kind, v.occurred_at, v.call_id, v.data FROM callhook.event v
    WHERE v.shard = $1 AND v.account_id = $2 AND v.id = d.id OFFSET 0
) AS e
