-- $1 shard: 0x6368 is "ch"
SELECT pg_try_advisory_lock(25448, $1::smallint::integer)
