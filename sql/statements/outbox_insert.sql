-- $1 shards, $2 kinds, $3 due, $4 calls, $5 ids, $6 webhooks, $7 events
-- What is due by a clock that is fast is due now.
INSERT INTO callhook.outbox (shard, kind, attempt, due, call, id, webhook_id, event_id)
SELECT unnest($1::smallint[]), unnest($2::smallint[]), 0, least(unnest($3::timestamptz[]), now()), unnest($4::bigint[]),
       unnest($5::uuid[]), unnest($6::uuid[]), unnest($7::uuid[])
