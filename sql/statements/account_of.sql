-- Whose is it: a webhook, a delivery or a recovery?  $1 shard, $2 id
SELECT coalesce(
    (SELECT v.account_id FROM callhook.webhook_version v WHERE v.shard = $1 AND v.webhook_id = $2 LIMIT 1),
    (SELECT v.account_id FROM callhook.attempt a
     JOIN callhook.webhook_version v ON v.shard = $1 AND v.webhook_id = a.webhook_id
     WHERE a.shard = $1 AND a.delivery_id = $2 LIMIT 1),
    (SELECT v.account_id FROM callhook.outbox o
     JOIN callhook.webhook_version v ON v.shard = $1 AND v.webhook_id = o.webhook_id
     WHERE o.shard = $1 AND o.id = $2 LIMIT 1),
    (SELECT r.account_id FROM callhook.recovery r WHERE r.shard = $1 AND r.id = $2))
