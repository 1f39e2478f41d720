-- $1 shard, $2 id, $3 account, $4 service, $5 events, $6 enabled, $7 settings, $8 now,
-- $9 filters, $10 sealed login, $11 the version that is replaced, NULL: any, $12 keep the login
-- that is there
UPDATE callhook.webhook
SET service = $4, events = $5, enabled = $6, settings = $7, filters = $9,
    auth = CASE WHEN $12 THEN auth ELSE $10 END,
    updated_at = $8, version = version + 1,
    disabled_reason = CASE WHEN $6 THEN NULL ELSE disabled_reason END
WHERE shard = $1 AND id = $2 AND account_id = $3 AND ($11::integer IS NULL OR version = $11)
RETURNING version, created_at
