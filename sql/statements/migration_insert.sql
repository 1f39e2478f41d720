-- $1 number, $2 name, $3 sha256, $4 now, $5 the schema that a program has to know
INSERT INTO callhook.migration (shard, number, name, sha256, applied_at, needs) VALUES (0, $1, $2, $3, $4, $5)
