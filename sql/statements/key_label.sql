-- $1 shard, $2 account, $3 prefix, $4 label; the same columns as key_page
UPDATE callhook.api_key SET label = $4
WHERE shard = $1 AND account_id = $2 AND prefix = $3 AND revoked_at IS NULL
RETURNING prefix, array_to_string(scopes, ' '), label, created_at, expires_at, revoked_at, last_used_at
