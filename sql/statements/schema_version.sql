-- The newest migration applied; 42P01 or 3F000 when there is no schema.
SELECT coalesce(max(number), 0)::integer FROM callhook.migration WHERE shard = 0
