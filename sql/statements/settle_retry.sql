-- $1 shard, $2 epoch, $3 deliveries, $4 new due times, $5 attempts done
UPDATE callhook.outbox o
SET due = u.due, attempt = u.attempt
FROM callhook.shard_owner s, unnest($3::uuid[], $4::timestamptz[], $5::smallint[]) AS u (id, due, attempt)
WHERE s.shard = $1 AND s.epoch = $2 AND o.shard = s.shard AND o.shard = $1 AND o.id = u.id
