-- $1 shard, $2 id, $3 account, $4 pause it? otherwise it goes on, $5 now; no row when it is so already
UPDATE callhook.webhook
SET paused_at = CASE WHEN $4 THEN $5::timestamptz END, updated_at = $5, version = version + 1
WHERE shard = $1 AND id = $2 AND account_id = $3 AND (paused_at IS NULL) = $4
RETURNING version, settings
