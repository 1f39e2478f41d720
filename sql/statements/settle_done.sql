-- $1 shard, $2 epoch, $3 deliveries that are no longer owed
DELETE FROM callhook.outbox o
USING callhook.shard_owner s
WHERE s.shard = $1 AND s.epoch = $2 AND o.shard = s.shard AND o.shard = $1
  AND o.id = ANY ($3::uuid[])
