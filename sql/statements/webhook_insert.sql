-- $1 shard, $2 id, $3 account, $4 service, $5 events, $6 enabled, $7 settings, $8 now
INSERT INTO callhook.webhook (shard, id, account_id, service, events, enabled, version, settings, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $8)
