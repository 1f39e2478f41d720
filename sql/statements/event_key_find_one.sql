-- event_key_find for one shard of a distributed database.  $1 shard, $2 keys
SELECT k.key, k.event_id, k.shard FROM callhook.event_key k
WHERE k.shard = $1 AND k.key = ANY ($2::uuid[])
