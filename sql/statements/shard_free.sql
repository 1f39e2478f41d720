-- The shards (0 to 63) whose advisory lock nobody holds in this database; 25448 as in shard_lock.
SELECT s.shard::smallint FROM generate_series(0, 63) AS s (shard)
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_locks l
    WHERE l.locktype = 'advisory' AND l.classid = 25448 AND l.objsubid = 2
      AND l.objid = s.shard::oid
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                        WHERE d.datname = pg_catalog.current_database()))
