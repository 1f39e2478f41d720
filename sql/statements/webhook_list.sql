-- $1 shard, $2 account, $3 service or NULL: both, $4 after this id or NULL, $5 limit
SELECT w.id, w.version, w.settings, w.created_at, w.updated_at, w.paused_at, w.enabled,
       NULL::bigint,
       s.sent_ok, s.sent_failed, s.last_at, s.last_outcome, s.last_status,
       EXISTS (SELECT FROM callhook.webhook_secret k WHERE k.shard = w.shard AND k.webhook_id = w.id),
       w.disabled_reason, w.auth
FROM callhook.webhook w
LEFT JOIN callhook.webhook_stat s ON s.shard = w.shard AND s.webhook_id = w.id
WHERE w.shard = $1 AND w.account_id = $2
  AND ($3::smallint IS NULL OR w.service = $3)
  AND ($4::uuid IS NULL OR w.id > $4)
ORDER BY w.id
LIMIT $5
