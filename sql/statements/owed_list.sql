-- Deliveries of a webhook that wait for their first attempt, newest first; the same columns
-- as delivery_list.  $1 shard, $2 account, $3 webhook, $4 and $5 before this due time and
-- delivery, $6 due from this time on, $7 kind or NULL, $8 rows looked at, $9 limit
SELECT a.id, a.id, a.event_id, a.call_id, a.kind, a.due, 'pending', 0::smallint, NULL::text, 0::smallint,
       a.due, a.shown, a.looked_at = $8 AS last
FROM (
    SELECT t.id, t.event_id, t.due, t.looked_at, e.call_id, t.kind,
           t.attempt = 0 AND ($7::smallint IS NULL OR t.kind = $7) AS shown
    FROM (
        SELECT s.id, s.event_id, s.kind, s.due, s.attempt,
               row_number() OVER (ORDER BY s.due DESC, s.id DESC) AS looked_at
        FROM callhook.outbox s
        WHERE s.shard = $1 AND s.webhook_id = $3 AND (s.due, s.id) < ($4, $5) AND s.due >= $6
        ORDER BY s.due DESC, s.id DESC
        LIMIT $8
    ) AS t
    LEFT JOIN LATERAL (SELECT v.call_id FROM callhook.event v
                       WHERE v.shard = $1 AND v.id = t.event_id AND v.account_id = $2 OFFSET 0) AS e ON true
) AS a
WHERE (a.shown OR a.looked_at = $8)
  AND EXISTS (SELECT FROM callhook.webhook_version v
              WHERE v.shard = $1 AND v.webhook_id = $3 AND v.account_id = $2)
ORDER BY a.due DESC, a.id DESC
LIMIT $9
