-- $1 shard, $2 prefix, $3 now
UPDATE callhook.api_key SET revoked_at = $3
WHERE shard = $1 AND prefix = $2 AND revoked_at IS NULL
