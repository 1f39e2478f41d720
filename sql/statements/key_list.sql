-- $1 shard, $2 account or NULL: the platform's keys
SELECT prefix, account_id, scopes, label, created_at, expires_at, revoked_at, last_used_at
FROM callhook.api_key
WHERE shard = $1 AND account_id IS NOT DISTINCT FROM $2
ORDER BY created_at, prefix
