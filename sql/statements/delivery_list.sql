-- The newest attempt of each delivery of a webhook, newest first.  $1 shard, $2 account,
-- $3 webhook, $4 before this attempt, $5 from this attempt on, $6 outcome or NULL, $7 kind or
-- NULL, $8 attempts looked at, $9 limit,
-- $10 and $11 lowest and highest status.  The last one looked at is told even when it is not
-- shown: there the next page begins, however few were found.  A delivery that was put
-- into the outbox again is in owed_list.
SELECT a.id, a.delivery_id, a.event_id, a.call_id, a.kind, a.at, a.outcome, a.status, a.error, a.n,
       a.due, a.shown, a.looked_at = $8 AS last
FROM (
    SELECT t.*, o.due, e.call_id, e.kind,
           ($6::text IS NULL OR t.outcome = $6) AND ($7::smallint IS NULL OR e.kind = $7)
           AND t.status BETWEEN $10 AND $11 AND o.attempt IS DISTINCT FROM 0
           AND NOT EXISTS (SELECT FROM callhook.attempt l WHERE l.shard = $1
                           AND l.delivery_id = t.delivery_id AND l.id > t.id) AS shown
    FROM (
        SELECT s.id, s.delivery_id, s.event_id, s.at, s.outcome, s.status, s.error, s.n,
               row_number() OVER (ORDER BY s.id DESC) AS looked_at
        FROM callhook.attempt s
        WHERE s.shard = $1 AND s.webhook_id = $3 AND s.id < $4 AND s.id >= $5
        ORDER BY s.id DESC
        LIMIT $8
    ) AS t
    LEFT JOIN LATERAL (SELECT b.due, b.attempt FROM callhook.outbox b
                       WHERE b.shard = $1 AND b.id = t.delivery_id OFFSET 0) AS o ON true
    LEFT JOIN LATERAL (SELECT v.call_id, v.kind FROM callhook.event v
                       WHERE v.shard = $1 AND v.id = t.event_id AND v.account_id = $2 OFFSET 0) AS e ON true
) AS a
WHERE (a.shown OR a.looked_at = $8)
  AND EXISTS (SELECT FROM callhook.webhook_version v
              WHERE v.shard = $1 AND v.webhook_id = $3 AND v.account_id = $2)
ORDER BY a.id DESC
LIMIT $9
