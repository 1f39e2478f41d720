-- What is due in a shard, webhook by webhook: a loose index scan finds the webhooks that are
-- owed anything, so that a closed lane's backlog is not touched.  $1 shard, $2 start after this
-- webhook, $3 webhooks with a lane, $4 how many rows each of them takes, $5 and $6 due time and id
-- after which it reads on (everything before is in hand, and dead entries there need no look), $7
-- deliveries in hand of the others, $8 at most so many webhooks, $9 at most so many rows of a
-- webhook without a lane, $10 at most so many rows.
-- A webhook that is owed nothing yet answers with one row of NULLs, so that the reader knows
-- how far it came; so does one that is paused, whose rows are not touched.  NOT IN a subquery
-- is hashed; <> ALL of a parameter is not.
WITH RECURSIVE lane (webhook_id) AS (
    (SELECT o.webhook_id FROM callhook.outbox o
     WHERE o.shard = $1 AND o.webhook_id > $2
     ORDER BY o.webhook_id LIMIT 1)
  UNION ALL
    SELECT (SELECT o.webhook_id FROM callhook.outbox o
            WHERE o.shard = $1 AND o.webhook_id > lane.webhook_id
            ORDER BY o.webhook_id LIMIT 1)
    FROM lane WHERE lane.webhook_id IS NOT NULL
)
SELECT l.webhook_id, d.id, d.event_id, d.kind, d.call, d.attempt,
       w.version, w.enabled,
       coalesce(e.account_id, w.account_id), coalesce(e.service, w.service), e.call_id, e.data,
       l.room, d.due
FROM (SELECT lane.webhook_id, coalesce(k.room, $9::bigint) AS room,
             coalesce(k.due, '-infinity') AS due,
             coalesce(k.id, '00000000-0000-0000-0000-000000000000') AS id
      FROM lane LEFT JOIN unnest($3::uuid[], $4::bigint[], $5::timestamptz[], $6::uuid[])
                          AS k (webhook_id, room, due, id)
           ON k.webhook_id = lane.webhook_id
      WHERE lane.webhook_id IS NOT NULL AND coalesce(k.room, 1) > 0
      LIMIT $8) AS l
LEFT JOIN callhook.webhook w ON w.shard = $1 AND w.id = l.webhook_id
LEFT JOIN LATERAL (
    SELECT o.id, o.event_id, o.kind, o.call, o.attempt, o.due
    FROM callhook.outbox o
    WHERE o.shard = $1 AND o.webhook_id = l.webhook_id AND o.due <= now()
      AND (o.due, o.id) > (l.due, l.id)
      AND o.id NOT IN (SELECT h.id FROM unnest($7::uuid[]) AS h (id))
      AND (w.paused_at IS NULL OR NOT w.enabled)
    ORDER BY o.due, o.id
    LIMIT l.room
) AS d ON true
LEFT JOIN callhook.event e ON e.shard = $1 AND e.id = d.event_id
LIMIT $10
