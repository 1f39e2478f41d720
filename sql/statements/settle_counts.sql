-- $1 shard, $2 epoch, $3 webhooks (each once, sorted), $4 ok, $5 failed, $6 last at, $7 last outcome, $8 last status,
-- $9 when an attempt failed first, NULL: none did, or something was delivered besides
INSERT INTO callhook.webhook_stat (shard, webhook_id, sent_ok, sent_failed, last_at, last_outcome, last_status,
    failing_since)
SELECT s.shard, u.webhook_id, u.sent_ok, u.sent_failed, u.last_at, u.last_outcome, u.last_status, u.failing
FROM callhook.shard_owner s,
     unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::text[], $8::smallint[], $9::timestamptz[])
     AS u (webhook_id, sent_ok, sent_failed, last_at, last_outcome, last_status, failing)
WHERE s.shard = $1 AND s.epoch = $2
ON CONFLICT (shard, webhook_id) DO UPDATE
SET sent_ok = webhook_stat.sent_ok + excluded.sent_ok,
    sent_failed = webhook_stat.sent_failed + excluded.sent_failed,
    last_at = excluded.last_at, last_outcome = excluded.last_outcome, last_status = excluded.last_status,
    failing_since = CASE WHEN excluded.sent_ok > 0 THEN NULL
                         ELSE coalesce(webhook_stat.failing_since, excluded.failing_since) END
RETURNING webhook_id, failing_since
