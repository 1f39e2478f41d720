-- $1 id, $2 host, $3 pid, $4 started, $5 shards owned, $6 in flight
INSERT INTO callhook.sender (shard, id, host, pid, started_at, seen_at, shards, in_flight)
VALUES (0, $1, $2, $3, $4, now(), $5, $6)
ON CONFLICT (shard, id) DO UPDATE
SET seen_at = excluded.seen_at, shards = excluded.shards, in_flight = excluded.in_flight
