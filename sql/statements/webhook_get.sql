-- $1 shard, $2 account, $3 id; the same columns as webhook_list
SELECT w.id, w.version, w.settings, w.created_at, w.updated_at, w.paused_at, w.enabled,
       (SELECT count(*) FROM (SELECT FROM callhook.outbox o
                              WHERE o.shard = $1 AND o.webhook_id = $3 LIMIT 10000) AS owed),
       s.sent_ok, s.sent_failed, s.last_at, s.last_outcome, s.last_status,
       EXISTS (SELECT FROM callhook.webhook_secret k WHERE k.shard = w.shard AND k.webhook_id = w.id),
       w.disabled_reason, w.auth
FROM callhook.webhook w
LEFT JOIN callhook.webhook_stat s ON s.shard = w.shard AND s.webhook_id = w.id
WHERE w.shard = $1 AND w.account_id = $2 AND w.id = $3
