-- What is due in a shard, webhook by webhook.  Those that the reader keeps in mind are named, each
-- with how much it takes and the place behind which it has to be looked at; between them a loose
-- index scan finds the others that are owed anything.  So neither a closed lane's backlog is touched
-- nor what a busy one has left behind: dead index entries stay where they are while an old
-- transaction is open.
-- $1 shard, $2 webhooks (sorted), $3 the next one each, up to which others are looked for, $4 how many
-- rows each takes, $5 and $6 due time and id behind which it is looked at, $7 deliveries in hand
-- at or behind that place, $8 at most so many webhooks, $9 at most so many rows of another webhook,
-- $10 at most so many rows, $11 data is left out when it has more bytes: its length is told.
-- A webhook with nothing due answers with one row of NULLs and when more will be, so that the
-- reader knows how far it came; so does one that is paused, whose rows are not touched.  What one
-- that is switched off or gone owes is due at once, to be cancelled.  NOT IN a subquery is hashed;
-- <> ALL of a parameter is not.
SELECT l.webhook_id, d.id, d.event_id, d.kind, d.call, d.attempt,
       w.version, w.enabled,
       coalesce(e.account_id, w.account_id), coalesce(e.service, w.service), e.call_id,
       CASE WHEN octet_length(e.data) <= $11::bigint THEN e.data END,
       l.room, d.due, w.paused_at IS NULL OR NOT w.enabled, now(),
       n.due, octet_length(e.data)
FROM (SELECT a.webhook_id, a.room, a.due, a.id
      FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::uuid[])
           AS k (webhook_id, next, room, due, id)
      CROSS JOIN LATERAL (
          SELECT k.webhook_id, k.room, coalesce(k.due, '-infinity') AS due,
                 coalesce(k.id, '00000000-0000-0000-0000-000000000000') AS id
          WHERE k.room > 0
        UNION ALL
          (WITH RECURSIVE other (webhook_id) AS (
              (SELECT o.webhook_id FROM callhook.outbox o
               WHERE o.shard = $1 AND o.webhook_id > k.webhook_id AND o.webhook_id < k.next
               ORDER BY o.webhook_id LIMIT 1)
            UNION ALL
              SELECT (SELECT o.webhook_id FROM callhook.outbox o
                      WHERE o.shard = $1 AND o.webhook_id > other.webhook_id
                        AND o.webhook_id < k.next
                      ORDER BY o.webhook_id LIMIT 1)
              FROM other WHERE other.webhook_id IS NOT NULL)
           SELECT other.webhook_id, $9::bigint, '-infinity', '00000000-0000-0000-0000-000000000000'
           FROM other WHERE other.webhook_id IS NOT NULL)
      ) AS a
      LIMIT $8) AS l
LEFT JOIN callhook.webhook w ON w.shard = $1 AND w.id = l.webhook_id
CROSS JOIN LATERAL (
    SELECT (SELECT o.due FROM callhook.outbox o
            WHERE o.shard = $1 AND o.webhook_id = l.webhook_id AND o.due > now()
            ORDER BY o.due LIMIT 1) AS due
    OFFSET 0
) AS n
LEFT JOIN LATERAL (
    SELECT o.id, o.event_id, o.kind, o.call, o.attempt, o.due
    FROM callhook.outbox o
    WHERE o.shard = $1 AND o.webhook_id = l.webhook_id
      AND o.due <= CASE WHEN w.enabled THEN now() ELSE 'infinity' END
      AND (o.due, o.id) > (l.due, l.id)
      AND o.id NOT IN (SELECT h.id FROM unnest($7::uuid[]) AS h (id))
      AND (w.paused_at IS NULL OR NOT w.enabled)
    ORDER BY o.due, o.id
    LIMIT l.room
) AS d ON true
LEFT JOIN callhook.event e ON e.shard = $1 AND e.id = d.event_id
LIMIT $10
