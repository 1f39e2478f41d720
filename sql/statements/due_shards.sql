-- $1 shards: those that owe anything, now or later.  One look for all; where the database is
-- distributed and refuses it, the sender reads shard by shard.
SELECT s.shard FROM unnest($1::smallint[]) AS s (shard)
WHERE EXISTS (SELECT FROM callhook.outbox o WHERE o.shard = s.shard)
