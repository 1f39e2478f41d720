-- $1 shard, $2 prefix, $3 sha256, $4 account or NULL, $5 scopes, $6 label, $7 now, $8 expires or NULL
INSERT INTO callhook.api_key (shard, prefix, sha256, account_id, scopes, label, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
