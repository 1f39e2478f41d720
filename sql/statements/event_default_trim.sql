-- $1 id: forgets older events that no partition took and no delivery names
DELETE FROM callhook.event_default e
WHERE e.id < $1
  AND NOT EXISTS (SELECT FROM callhook.outbox o WHERE o.shard = e.shard AND o.event_id = e.id)
