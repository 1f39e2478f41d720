-- The newest keys of an account.  $1 shard, $2 account, $3 limit
SELECT prefix, array_to_string(scopes, ' '), label, created_at, expires_at, revoked_at, last_used_at
FROM callhook.api_key
WHERE shard = $1 AND account_id = $2
ORDER BY created_at DESC, prefix
LIMIT $3
