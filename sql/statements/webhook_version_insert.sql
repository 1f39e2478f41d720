-- $1 shard, $2 webhook, $3 version, $4 account, $5 action, $6 who, $7 now, $8 settings,
-- $9 from which address, $10 in which request
INSERT INTO callhook.webhook_version (shard, webhook_id, version, account_id, action, who, at, settings,
                                      address, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
