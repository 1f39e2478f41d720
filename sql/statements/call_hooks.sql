-- The webhooks that were called because of events, with the last answer of each; $1 shard,
-- $2 account, $3 events, $4 for each: the end of the ids where its deliveries are
SELECT e.kind, c.status, v.settings
FROM unnest($3::uuid[], $4::uuid[]) AS u (id, until)
CROSS JOIN LATERAL (SELECT w.id, w.kind FROM callhook.event w
                    WHERE w.shard = $1 AND w.id = u.id AND w.account_id = $2 OFFSET 0) AS e
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (t.delivery_id) t.delivery_id, t.webhook_id, t.webhook_version, t.status
    FROM callhook.attempt t
    WHERE t.shard = $1 AND t.delivery_id >= u.id AND t.delivery_id < u.until
      AND t.event_id = u.id AND (t.outcome = 'delivered' OR t.error IS NOT NULL)
    ORDER BY t.delivery_id, t.id DESC
) AS c
JOIN callhook.webhook_version v ON v.shard = $1 AND v.webhook_id = c.webhook_id
    AND v.version = c.webhook_version AND v.account_id = $2
ORDER BY e.kind, c.delivery_id
