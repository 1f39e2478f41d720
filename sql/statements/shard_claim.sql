-- $1 shard, $2 owner: a new epoch for him who holds the lock
UPDATE callhook.shard_owner
SET owner = $2, epoch = epoch + 1
WHERE shard = $1
RETURNING epoch
