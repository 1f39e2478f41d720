-- $1 table: the days that have a partition, as 2026-11-22
SELECT to_char(to_date(substr(c.relname, length($1::text) + 2), 'YYYYMMDD'), 'YYYY-MM-DD')
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass('callhook.' || $1) AND c.relname ~ ('^' || $1 || '_[0-9]{8}$')
ORDER BY 1
