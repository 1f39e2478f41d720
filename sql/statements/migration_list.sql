SELECT number, name, sha256, applied_at FROM callhook.migration WHERE shard = 0 ORDER BY number
