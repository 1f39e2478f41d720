-- $1 shard, $2 account, $3 id, $4 webhook, $5 from after this attempt on, $6 since, $7 until, $8 now,
-- $9 who
INSERT INTO callhook.recovery (shard, account_id, id, webhook_id, counted, looked, found, resent, since, until,
    created_at, state, who)
VALUES ($1, $2, $3, $4, $5, $5, 0, 0, $6, $7, $8, 'running', $9)
RETURNING id, webhook_id, state, since, until, found, resent, created_at, finished_at
