-- Which server is this: its cluster, and its timeline, which each promotion raises.  0: a
-- standby, whose timeline tells nothing.
SELECT (SELECT system_identifier FROM pg_control_system()),
       CASE WHEN pg_is_in_recovery() THEN 0
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END
