-- Puts deliveries back into the outbox.  $1 shard, $2 epoch, $3 recovery, $4 due, $5 kinds,
-- $6 calls, $7 deliveries, $8 events
INSERT INTO callhook.outbox (shard, kind, attempt, due, call, id, webhook_id, event_id)
SELECT r.shard, u.kind, 0, $4, u.call, u.id, r.webhook_id, u.event_id
FROM callhook.shard_owner s, callhook.recovery r,
     unnest($5::smallint[], $6::bigint[], $7::uuid[], $8::uuid[]) AS u (kind, call, id, event_id)
WHERE s.shard = $1 AND s.epoch = $2 AND r.shard = $1 AND r.id = $3 AND r.state = 'running'
ON CONFLICT (shard, id) DO NOTHING
