-- The same by webhook, newest webhooks first; the parameters of stats_steps but for the webhook,
-- which is left out
SELECT h.webhook_id, ((h.hour * 60 + $6) / $7)::integer AS step, sum(h.delivered)::bigint, sum(h.failed)::bigint
FROM callhook.webhook_hour h
WHERE h.shard = $1 AND h.account_id = $2 AND h.hour >= $4 AND h.hour < $5
  AND ($3::smallint IS NULL OR h.service = $3)
GROUP BY h.webhook_id, 2
ORDER BY h.webhook_id DESC, 2
