-- $1 shards, $2 services, $3 kinds, $4 accounts, $5 ids, $6 occurred (NULLs), $7 call ids, $8 data.
-- Side by side in the select list: unnest() in FROM copies every row once more.
INSERT INTO callhook.event (shard, service, kind, account_id, id, occurred_at, call_id, data)
SELECT unnest($1::smallint[]), unnest($2::smallint[]), unnest($3::smallint[]), unnest($4::bigint[]),
       unnest($5::uuid[]), unnest($6::timestamptz[]), unnest($7::text[]), unnest($8::bytea[])
