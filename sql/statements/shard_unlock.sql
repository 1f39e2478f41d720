-- $1 shard
SELECT pg_advisory_unlock(25448, $1::smallint::integer)
