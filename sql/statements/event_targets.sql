-- $1 shards, $2 accounts, $3 services, $4 kinds: for each event (n from 1) the webhooks that hear
-- it, what each of them asks of the call, and what else it hears.
-- LATERAL with OFFSET keeps it one index probe an event whatever the statistics say.
SELECT u.n::integer, w.id, w.filters, w.events
FROM unnest($1::smallint[], $2::bigint[], $3::smallint[], $4::smallint[])
     WITH ORDINALITY AS u (shard, account_id, service, kind, n)
CROSS JOIN LATERAL (
    SELECT w.id, w.filters, w.events FROM callhook.webhook w
    WHERE w.shard = u.shard AND w.account_id = u.account_id AND w.service = u.service
      AND w.enabled AND (w.events & u.kind) <> 0
    OFFSET 0
) AS w
