-- $1 shards: what is there to do?  0 one of $3 owes something of ids from $2 on, now or later (with the
-- least id, anything; with a late one what is new, because dead entries of what was sent stay in
-- the index while an old transaction is open); 1 it has a test to be made, 2 a recovery.  One look
-- for all; where the database is distributed and refuses it, the sender reads shard by shard.
SELECT s.shard, 0::smallint FROM unnest($3::smallint[]) AS s (shard)
WHERE EXISTS (SELECT FROM callhook.outbox o WHERE o.shard = s.shard AND o.id >= $2)
UNION ALL
SELECT t.shard, 1::smallint FROM callhook.trial t
WHERE t.shard = ANY ($1::smallint[]) AND t.done_at IS NULL AND t.expires_at > now()
UNION ALL
SELECT r.shard, 2::smallint FROM callhook.recovery r
WHERE r.shard = ANY ($1::smallint[]) AND r.state = 'running'
