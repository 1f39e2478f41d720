-- $1 shard, $2 account, $3 delivery, $4 from this attempt on, $5 limit; the newest first
SELECT a.webhook_id, a.event_id, a.n, a.at, a.outcome, a.status, a.error, a.detail, a.address,
       a.dns_us, a.connect_us, a.tls_us, a.first_byte_us, a.total_us, a.webhook_version,
       v.settings, a.response
FROM callhook.attempt a
LEFT JOIN callhook.webhook_version v ON v.shard = $1 AND v.webhook_id = a.webhook_id
    AND v.version = a.webhook_version AND v.account_id = $2
WHERE a.shard = $1 AND a.delivery_id = $3 AND a.id >= $4
  AND EXISTS (SELECT FROM callhook.webhook_version w
              WHERE w.shard = $1 AND w.webhook_id = a.webhook_id AND w.account_id = $2 OFFSET 0)
ORDER BY a.id DESC
LIMIT $5
