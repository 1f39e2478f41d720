-- $1 shard, $2 epoch: without it nothing is written; the rest are columns of attempt
INSERT INTO callhook.attempt (shard, n, status, webhook_version, id, webhook_id, delivery_id,
    event_id, at, outcome, error, detail, address, dns_us, connect_us, tls_us, first_byte_us,
    total_us, response)
SELECT s.shard, u.n, u.status, u.webhook_version, u.id, u.webhook_id, u.delivery_id,
    u.event_id, u.at, u.outcome, u.error, u.detail, u.address, u.dns_us, u.connect_us, u.tls_us,
    u.first_byte_us, u.total_us, u.response
FROM callhook.shard_owner s,
     unnest($3::smallint[], $4::smallint[], $5::integer[], $6::uuid[], $7::uuid[], $8::uuid[],
            $9::uuid[], $10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[],
            $15::integer[], $16::integer[], $17::integer[], $18::integer[], $19::integer[],
            $20::bytea[])
     AS u (n, status, webhook_version, id, webhook_id, delivery_id, event_id, at, outcome, error,
           detail, address, dns_us, connect_us, tls_us, first_byte_us, total_us, response)
WHERE s.shard = $1 AND s.epoch = $2
