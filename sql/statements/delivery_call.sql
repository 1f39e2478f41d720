-- What a call's events led to at one webhook: no more than a row an event; the columns of
-- delivery_list.  A delivery's id is made right after its event's, so that they stand
-- together in the index.  $1 shard, $2 account, $3 webhook, $4 events, $5 for each: the
-- end of the ids where its deliveries are
SELECT coalesce(a.id, o.id), coalesce(o.id, a.delivery_id), e.id, e.call_id, e.kind,
       CASE WHEN o.attempt = 0 OR a.id IS NULL THEN o.due ELSE a.at END,
       CASE WHEN o.attempt = 0 OR a.id IS NULL THEN 'pending' ELSE a.outcome END,
       CASE WHEN o.attempt = 0 OR a.id IS NULL THEN 0::smallint ELSE a.status END,
       CASE WHEN o.attempt = 0 OR a.id IS NULL THEN NULL ELSE a.error END,
       CASE WHEN o.attempt = 0 OR a.id IS NULL THEN 0::smallint ELSE a.n END,
       o.due, true, false
FROM unnest($4::uuid[], $5::uuid[]) AS u (id, until)
CROSS JOIN LATERAL (SELECT v.id, v.call_id, v.kind FROM callhook.event v
                    WHERE v.shard = $1 AND v.id = u.id AND v.account_id = $2 OFFSET 0) AS e
LEFT JOIN LATERAL (SELECT b.id, b.due, b.attempt FROM callhook.outbox b
                   WHERE b.shard = $1 AND b.id >= u.id AND b.id < u.until
                     AND b.event_id = u.id AND b.webhook_id = $3 LIMIT 1) AS o ON true
LEFT JOIN LATERAL (SELECT t.id, t.delivery_id, t.at, t.outcome, t.status, t.error, t.n
                   FROM callhook.attempt t
                   WHERE t.shard = $1 AND t.delivery_id >= u.id AND t.delivery_id < u.until
                     AND t.event_id = u.id AND t.webhook_id = $3
                   ORDER BY t.id DESC LIMIT 1) AS a ON true
WHERE (o.id IS NOT NULL OR a.id IS NOT NULL)
  AND EXISTS (SELECT FROM callhook.webhook_version v
              WHERE v.shard = $1 AND v.webhook_id = $3 AND v.account_id = $2)
ORDER BY 1 DESC
