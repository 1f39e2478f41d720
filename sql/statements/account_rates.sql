-- The accounts that have a rate of their own.  $1 shards, $2 accounts, side by side
SELECT a.account_id, a.events_per_second
FROM unnest($1::smallint[], $2::bigint[]) AS q (shard, account_id)
JOIN callhook.account a ON a.shard = q.shard AND a.account_id = q.account_id
WHERE a.shard = ANY ($1) AND a.events_per_second IS NOT NULL
