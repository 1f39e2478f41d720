-- $1 shard, $2 webhook, $3 id, $4 kind, $5 sealed, $6 now
INSERT INTO callhook.webhook_secret (shard, webhook_id, id, kind, sealed, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
