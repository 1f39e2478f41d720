-- $1 shard, $2 account, $3 delivery
SELECT o.webhook_id, o.event_id, o.due, o.attempt
FROM callhook.outbox o
WHERE o.shard = $1 AND o.id = $3
  AND EXISTS (SELECT FROM callhook.webhook_version v
              WHERE v.shard = $1 AND v.webhook_id = o.webhook_id AND v.account_id = $2 OFFSET 0)
