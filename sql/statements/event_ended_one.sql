-- event_ended for one shard of a distributed database.  $1 shard, $2 keys
SELECT u.n::integer
FROM unnest($2::uuid[]) WITH ORDINALITY AS u (key, n)
JOIN callhook.event_key k ON k.shard = $1 AND k.key = u.key
