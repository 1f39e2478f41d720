-- What became of a test, once; the first columns are those of delivery_attempts.  $1 shard,
-- $2 account, $3 id, $4 also when nothing has become of it
DELETE FROM callhook.trial
WHERE shard = $1 AND account_id = $2 AND id = $3 AND (done_at IS NOT NULL OR $4)
RETURNING webhook_id, id, 1::smallint, at, outcome, status, error, detail, address,
          dns_us, connect_us, tls_us, first_byte_us, total_us, 0, settings, response,
          kind, call_id, data, done_at IS NOT NULL
