-- How many keys of an account still work.  $1 shard, $2 account, $3 now
SELECT count(*) FROM callhook.api_key
WHERE shard = $1 AND account_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
