-- $1 shards, $2 kinds, $3 due, $4 calls, $5 ids, $6 webhooks, $7 events
INSERT INTO callhook.outbox (shard, kind, attempt, due, call, id, webhook_id, event_id)
SELECT u.shard, u.kind, 0, u.due, u.call, u.id, u.webhook_id, u.event_id
FROM unnest($1::smallint[], $2::smallint[], $3::timestamptz[], $4::bigint[], $5::uuid[],
            $6::uuid[], $7::uuid[])
     AS u (shard, kind, due, call, id, webhook_id, event_id)
