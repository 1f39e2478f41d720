-- $1 shard, $2 prefix
SELECT sha256, account_id, array_to_string(scopes, ' '), expires_at, revoked_at
FROM callhook.api_key
WHERE shard = $1 AND prefix = $2
