-- $1 shards, $2 keys of calls' ends (null: not asked): which of them (n from 1) are known?
-- LATERAL with OFFSET keeps it one index probe a key whatever the statistics say.
SELECT u.n::integer
FROM unnest($1::smallint[], $2::uuid[]) WITH ORDINALITY AS u (shard, key, n)
CROSS JOIN LATERAL (
    SELECT FROM callhook.event_key k WHERE k.shard = u.shard AND k.key = u.key
    OFFSET 0
) AS k
