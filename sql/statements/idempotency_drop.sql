-- $1 shard, $2 account, $3 key, $4 when it was taken
DELETE FROM callhook.idempotency
WHERE shard = $1 AND account_id = $2 AND key = $3 AND at = $4
