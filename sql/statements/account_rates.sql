-- The accounts that have a rate of their own.  $1 the shards, all of them
SELECT account_id, events_per_second
FROM callhook.account
WHERE shard = ANY ($1::smallint[]) AND events_per_second IS NOT NULL
