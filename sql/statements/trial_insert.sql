-- One test of an account at a time: no row while another one is waited for.  $1 shard, $2 account,
-- $3 id, $4 webhook, $5 service, $6 kind, $7 call, $8 settings, $9 sealed login, $10 data, $11 until
-- then somebody waits, $12 now
INSERT INTO callhook.trial AS t (shard, account_id, id, webhook_id, service, kind, call_id, settings,
    auth, data, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (shard, account_id) DO UPDATE
SET id = excluded.id, webhook_id = excluded.webhook_id, service = excluded.service, kind = excluded.kind,
    call_id = excluded.call_id, settings = excluded.settings, auth = excluded.auth, data = excluded.data,
    expires_at = excluded.expires_at, done_at = NULL, at = NULL, outcome = NULL, status = NULL, error = NULL,
    detail = NULL, address = NULL, dns_us = NULL, connect_us = NULL, tls_us = NULL, first_byte_us = NULL,
    total_us = NULL, response = NULL
WHERE t.done_at IS NOT NULL OR t.expires_at < $12
RETURNING t.id
