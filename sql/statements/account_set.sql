-- $1 shard, $2 account, $3 webhooks, $4 events a second, $5 days, $6 services; NULL: as configured
INSERT INTO callhook.account (shard, account_id, webhooks, events_per_second, retention_days, services)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (shard, account_id) DO UPDATE
SET webhooks = excluded.webhooks, events_per_second = excluded.events_per_second,
    retention_days = excluded.retention_days, services = excluded.services
