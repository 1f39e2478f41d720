-- $1 shard, $2 hour: forgets the figures before it
DELETE FROM callhook.webhook_hour WHERE shard = $1 AND hour < $2
