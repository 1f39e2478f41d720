-- Distributes the schema over the nodes of a Citus cluster, by shard.  To be run once, on the
-- coordinator, by a superuser, after callhookctl setup or migrate, with psql:
--
--     psql -d callhook -v ON_ERROR_STOP=1 -f citus.sql
--
-- and with «distributed = yes» under [database] in callhook.conf.  The tables are co-located: what
-- a transaction of callhook has to do with lies on one node.  doc/OPERATION.md has the rest.
-- Running it again is harmless: what is distributed already is left alone.

\set ON_ERROR_STOP on

CREATE EXTENSION IF NOT EXISTS citus;

-- The transaction's account is told to the nodes: row level security there needs it, and shows
-- nothing without.
ALTER ROLE callhook_api SET citus.propagate_set_commands = 'local';
ALTER ROLE callhook_sender SET citus.propagate_set_commands = 'local';

-- At most 64 are of use: callhook has 64 shards of its own.  Each of Citus has all partitions.
SET citus.shard_count = 32;

DO $$
DECLARE
    v_table text;
BEGIN
    -- shard_owner first: the others stand beside it, and its rows lead the inserts to their node.
    FOR v_table IN
        SELECT c.relname
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'callhook' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_dist_partition p WHERE p.logicalrelid = c.oid)
        ORDER BY c.relname <> 'shard_owner', c.relname
    LOOP
        PERFORM create_distributed_table(format('callhook.%I', v_table)::regclass, 'shard', 'hash',
            colocate_with => CASE WHEN v_table = 'shard_owner' THEN 'none' ELSE 'callhook.shard_owner' END);
        RAISE NOTICE 'callhook.% is distributed', v_table;
    END LOOP;
END $$;
