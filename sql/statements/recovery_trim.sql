-- $1 shard, $2 time: forgets recoveries that were over before it
DELETE FROM callhook.recovery WHERE shard = $1 AND finished_at < $2
