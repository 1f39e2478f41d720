-- $1 shard, $2 prefix, $3 now
UPDATE callhook.api_key SET last_used_at = $3
WHERE shard = $1 AND prefix = $2
