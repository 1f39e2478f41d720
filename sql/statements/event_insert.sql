-- $1 shards, $2 services, $3 kinds, $4 accounts, $5 ids, $6 occurred (NULLs), $7 call ids, $8 data
INSERT INTO callhook.event (shard, service, kind, account_id, id, occurred_at, call_id, data)
SELECT u.shard, u.service, u.kind, u.account_id, u.id, u.occurred_at, u.call_id, u.data
FROM unnest($1::smallint[], $2::smallint[], $3::smallint[], $4::bigint[], $5::uuid[],
            $6::timestamptz[], $7::text[], $8::bytea[])
     AS u (shard, service, kind, account_id, id, occurred_at, call_id, data)
