-- Takes a key for a request, unless it is taken: nothing then.  $1 shard, $2 account, $3 key,
-- $4 request, $5 now, $6 answers from before are over, $7 requests in work since before are dead
INSERT INTO callhook.idempotency AS i (shard, account_id, key, request, at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (shard, account_id, key) DO UPDATE
SET request = excluded.request, at = excluded.at, status = NULL, headers = NULL, body = NULL
WHERE i.at < $6 OR (i.status IS NULL AND i.at < $7 AND i.request = excluded.request)
RETURNING 1
