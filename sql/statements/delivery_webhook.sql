-- The webhook of a delivery as it is now.  $1 shard, $2 account, $3 delivery, $4 from this
-- attempt on
SELECT w.id, w.enabled
FROM callhook.webhook w
WHERE w.shard = $1 AND w.account_id = $2 AND w.id =
    (SELECT a.webhook_id FROM callhook.attempt a
     WHERE a.shard = $1 AND a.delivery_id = $3 AND a.id >= $4 LIMIT 1)
