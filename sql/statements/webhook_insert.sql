-- $1 shard, $2 id, $3 account, $4 service, $5 events, $6 enabled, $7 settings, $8 now, $9 filters,
-- $10 sealed login
INSERT INTO callhook.webhook (shard, id, account_id, service, events, enabled, version, settings,
                              filters, auth, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $9, $10, $8, $8)
