-- $1 shard, $2 account, $3 key
SELECT request, status, headers, body
FROM callhook.idempotency
WHERE shard = $1 AND account_id = $2 AND key = $3
