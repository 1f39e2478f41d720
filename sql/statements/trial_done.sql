-- $1 shard, $2 account, $3 trial, $4 now, then as in attempt
UPDATE callhook.trial
SET done_at = $4, at = $5, outcome = $6, status = $7, error = $8, detail = $9, address = $10,
    dns_us = $11, connect_us = $12, tls_us = $13, first_byte_us = $14, total_us = $15, response = $16
WHERE shard = $1 AND account_id = $2 AND id = $3 AND done_at IS NULL
