-- $1 shard, $2 webhook, $3 version, $4 account, $5 action, $6 who, $7 now, $8 settings
INSERT INTO callhook.webhook_version (shard, webhook_id, version, account_id, action, who, at, settings)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
