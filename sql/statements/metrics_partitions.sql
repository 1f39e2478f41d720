-- Of event and attempt: partitions of days, days from today to the newest, rows of the default one.
SELECT t.name, count(d.day)::bigint,
       coalesce(max(d.day) - (now() AT TIME ZONE 'UTC')::date, -1)::bigint,
       coalesce(max(s.n_live_tup), 0)::bigint
FROM (VALUES ('event'), ('attempt')) AS t (name)
LEFT JOIN LATERAL (
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day
    FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass('callhook.' || t.name) AND c.relname ~ ('^' || t.name || '_[0-9]{8}$')
) d ON true
LEFT JOIN pg_catalog.pg_stat_all_tables s
    ON s.relid = to_regclass('callhook.' || t.name || '_default')
GROUP BY t.name ORDER BY t.name
