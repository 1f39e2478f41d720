-- event_key_insert for one shard of a distributed database, whose owner's row leads to its node.
-- $1 shard, $2 keys, $3 event ids
INSERT INTO callhook.event_key (shard, key, event_id)
SELECT s.shard, u.key, u.event_id
FROM callhook.shard_owner s, unnest($2::uuid[], $3::uuid[]) AS u (key, event_id)
WHERE s.shard = $1
ON CONFLICT (shard, key) DO NOTHING
RETURNING event_id
