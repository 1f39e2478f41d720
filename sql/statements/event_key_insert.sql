-- $1 shards, $2 keys, $3 event ids; sorted by shard and key, so that batches never deadlock.
-- Returned are those that are new.
INSERT INTO callhook.event_key (shard, key, event_id)
SELECT unnest($1::smallint[]), unnest($2::uuid[]), unnest($3::uuid[])
ON CONFLICT (shard, key) DO NOTHING
RETURNING event_id
