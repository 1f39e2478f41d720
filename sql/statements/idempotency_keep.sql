-- $1 shard, $2 account, $3 key, $4 when it was taken, $5 status, $6 headers, $7 body
UPDATE callhook.idempotency SET status = $5, headers = $6, body = $7
WHERE shard = $1 AND account_id = $2 AND key = $3 AND at = $4
