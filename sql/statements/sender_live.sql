-- How many senders have been seen within 3 seconds.
SELECT count(*)::integer FROM callhook.sender
WHERE shard = 0 AND seen_at > now() - interval '3 s'
