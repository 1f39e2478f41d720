-- $1 id: says good-bye; what has not been seen for an hour goes too
DELETE FROM callhook.sender
WHERE shard = 0 AND (id = $1 OR seen_at < now() - interval '1 h')
