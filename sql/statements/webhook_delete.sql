-- $1 shard, $2 id, $3 account, $4 the version that is deleted, NULL: any
DELETE FROM callhook.webhook
WHERE shard = $1 AND id = $2 AND account_id = $3 AND ($4::integer IS NULL OR version = $4)
RETURNING version, settings
