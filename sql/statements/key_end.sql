-- $1 shard, $2 account, $3 prefix, $4 now
UPDATE callhook.api_key SET revoked_at = $4
WHERE shard = $1 AND account_id = $2 AND prefix = $3 AND revoked_at IS NULL
