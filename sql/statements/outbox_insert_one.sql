-- outbox_insert for one shard of a distributed database.
-- $1 shard, $2 kinds, $3 due, $4 calls, $5 ids, $6 webhooks, $7 events
INSERT INTO callhook.outbox (shard, kind, attempt, due, call, id, webhook_id, event_id)
SELECT s.shard, u.kind, 0, least(u.due, now()), u.call, u.id, u.webhook_id, u.event_id
FROM callhook.shard_owner s,
     unnest($2::smallint[], $3::timestamptz[], $4::bigint[], $5::uuid[], $6::uuid[], $7::uuid[])
         AS u (kind, due, call, id, webhook_id, event_id)
WHERE s.shard = $1
