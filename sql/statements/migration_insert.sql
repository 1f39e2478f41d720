-- $1 number, $2 name, $3 sha256, $4 now
INSERT INTO callhook.migration (shard, number, name, sha256, applied_at) VALUES (0, $1, $2, $3, $4)
