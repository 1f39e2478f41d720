-- The senders that were seen within an hour, and what they have counted.
SELECT host, pid, started_at, seen_at, shards, in_flight, figures
FROM callhook.sender
WHERE shard = 0 AND seen_at > now() - interval '1 h'
ORDER BY host, pid, id LIMIT 100
