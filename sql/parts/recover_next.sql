-- The next attempts of a webhook, and whether after each a delivery was given up and not taken up
-- again (good): what recover_count counts and recover_find finds.
FROM (
    SELECT t.id, t.delivery_id, t.event_id, t.looked_at, e.kind, e.account_id, e.service, e.call_id,
           t.given_up AND e.id IS NOT NULL AND (e.kind <> 1 OR e.id >= $5)
           AND NOT EXISTS (SELECT FROM callhook.outbox o WHERE o.shard = $1 AND o.id = t.delivery_id)
           AND NOT EXISTS (SELECT FROM callhook.attempt l WHERE l.shard = $1
                           AND l.delivery_id = t.delivery_id AND l.id > t.id) AS good
    FROM (
        SELECT s.id, s.delivery_id, s.event_id, s.outcome IN ('failed', 'expired', 'cancelled') AS given_up,
               row_number() OVER (ORDER BY s.id) AS looked_at
        FROM callhook.attempt s
        WHERE s.shard = $1 AND s.webhook_id = $2 AND s.id > $3 AND s.id < $4
        ORDER BY s.id
        LIMIT $6
    ) AS t
    LEFT JOIN LATERAL (SELECT v.id, v.kind, v.account_id, v.service, v.call_id FROM callhook.event v
                       WHERE t.given_up AND v.shard = $1 AND v.id = t.event_id OFFSET 0) AS e ON true
) AS a
