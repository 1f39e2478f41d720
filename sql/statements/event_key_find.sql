-- $1 shards, $2 keys: the events that were first
SELECT k.key, k.event_id, k.shard
FROM unnest($1::smallint[], $2::uuid[]) AS u (shard, key)
JOIN callhook.event_key k ON k.shard = u.shard AND k.key = u.key
