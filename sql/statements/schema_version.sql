-- The newest migration applied, and which one a program has to know; 42P01 or 3F000 when there
-- is no schema.
SELECT coalesce(max(number), 0)::integer, coalesce(max(coalesce(needs, number)), 0)::integer
FROM callhook.migration WHERE shard = 0
