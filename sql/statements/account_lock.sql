-- The row of an account, locked until the end of the transaction; made when there is none.
-- $1 shard, $2 account; the same columns as account_get
INSERT INTO callhook.account AS a (shard, account_id) VALUES ($1, $2)
ON CONFLICT (shard, account_id) DO UPDATE SET account_id = excluded.account_id
RETURNING a.webhooks, a.events_per_second, a.retention_days, a.services
