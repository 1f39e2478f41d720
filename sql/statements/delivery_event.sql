-- The event of a delivery, the same columns as event_get.  $1 shard, $2 account, $3 delivery,
-- $4 from this attempt on
SELECT e.id, e.service, e.kind, e.occurred_at, e.call_id, e.data
FROM callhook.event e
WHERE e.shard = $1 AND e.account_id = $2 AND e.id = coalesce(
    (SELECT o.event_id FROM callhook.outbox o WHERE o.shard = $1 AND o.id = $3),
    (SELECT a.event_id FROM callhook.attempt a
     WHERE a.shard = $1 AND a.delivery_id = $3 AND a.id >= $4 LIMIT 1))
