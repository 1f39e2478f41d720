-- The senders that were seen within an hour, what they have counted, and whether each still lives:
-- PostgreSQL ends the session of one that was silent for 5 seconds, so it owns nothing then.
SELECT host, pid, started_at, seen_at, shards, in_flight, figures, seen_at > now() - interval '10 s' AS lives
FROM callhook.sender
WHERE shard = 0 AND seen_at > now() - interval '1 h'
ORDER BY host, pid, id LIMIT 100
