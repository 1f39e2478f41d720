-- $1 id, $2 host, $3 pid, $4 started, $5 shards owned, $6 in flight, $7 figures (NULL: as before)
INSERT INTO callhook.sender AS s (shard, id, host, pid, started_at, seen_at, shards, in_flight, figures)
VALUES (0, $1, $2, $3, $4, now(), $5, $6, $7)
ON CONFLICT (shard, id) DO UPDATE
SET seen_at = excluded.seen_at, shards = excluded.shards, in_flight = excluded.in_flight,
    figures = coalesce(excluded.figures, s.figures)
