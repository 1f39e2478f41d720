-- $1 shard, $2 answers from before are over
DELETE FROM callhook.idempotency
WHERE shard = $1 AND at < $2
