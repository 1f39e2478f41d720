-- $1 shard, $2 account, $3 events before this id go, unless a delivery of them is owed
DELETE FROM callhook.event e
WHERE e.shard = $1 AND e.account_id = $2 AND e.id < $3
  AND NOT EXISTS (SELECT FROM callhook.outbox o WHERE o.shard = $1 AND o.event_id = e.id)
