-- $1 shards, $2 keys, $3 event ids; sorted by shard and key, so that batches never deadlock.
-- Returned are those that are new.
INSERT INTO callhook.event_key (shard, key, event_id)
SELECT u.shard, u.key, u.event_id
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS u (shard, key, event_id)
ON CONFLICT (shard, key) DO NOTHING
RETURNING event_id
