-- $1 shard, $2 account, $3 id, $4 now
UPDATE callhook.recovery SET state = 'cancelled', finished_at = $4
WHERE shard = $1 AND account_id = $2 AND id = $3 AND state = 'running'
