-- A change beside the settings: a new version, so that senders read all anew.
-- $1 shard, $2 id, $3 account, $4 now
UPDATE callhook.webhook SET version = version + 1, updated_at = $4
WHERE shard = $1 AND id = $2 AND account_id = $3
RETURNING version, settings
