-- $1 shard, $2 webhook, $3 its version, $4 settings that say it is off, $5 reason, $6 now: the sender
-- switches it off, unless somebody has changed it meanwhile; with an audit row
WITH off AS (
    UPDATE callhook.webhook
    SET enabled = false, settings = $4, disabled_reason = $5, updated_at = $6, version = version + 1
    WHERE shard = $1 AND id = $2 AND version = $3 AND enabled
    RETURNING shard, id, version, account_id, settings
)
INSERT INTO callhook.webhook_version (shard, webhook_id, version, account_id, action, who, at, settings)
SELECT o.shard, o.id, o.version, o.account_id, 'disabled', 'callhook-sender', $6, o.settings
FROM off AS o
RETURNING account_id
