-- event_insert for one shard of a distributed database.
-- $1 shard, $2 services, $3 kinds, $4 accounts, $5 ids, $6 occurred (NULLs), $7 call ids, $8 data
INSERT INTO callhook.event (shard, service, kind, account_id, id, occurred_at, call_id, data)
SELECT s.shard, u.service, u.kind, u.account_id, u.id, u.occurred_at, u.call_id, u.data
FROM callhook.shard_owner s,
     unnest($2::smallint[], $3::smallint[], $4::bigint[], $5::uuid[], $6::timestamptz[], $7::text[],
            $8::bytea[]) AS u (service, kind, account_id, id, occurred_at, call_id, data)
WHERE s.shard = $1
