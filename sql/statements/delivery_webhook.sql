-- The webhook of a delivery as it is now.  $1 shard, $2 account, $3 delivery, $4 from this
-- attempt on
SELECT w.id, w.enabled
FROM (SELECT a.webhook_id AS id FROM callhook.attempt a
      WHERE a.shard = $1 AND a.delivery_id = $3 AND a.id >= $4 LIMIT 1) AS d
CROSS JOIN LATERAL (
    SELECT v.id, v.enabled FROM callhook.webhook v
    WHERE v.shard = $1 AND v.account_id = $2 AND v.id = d.id OFFSET 0
) AS w
