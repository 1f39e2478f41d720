-- $1 shard, $2 after this key, $3 events older than this id, $4 keys looked at: the last one
-- looked at (none: done) and how many were forgotten
WITH page AS MATERIALIZED (
    SELECT k.key, k.event_id FROM callhook.event_key k
    WHERE k.shard = $1 AND k.key > $2
    ORDER BY k.key LIMIT $4
), gone AS (
    DELETE FROM callhook.event_key k USING page p
    WHERE k.shard = $1 AND k.key = p.key AND p.event_id < $3
    RETURNING k.key
)
SELECT (SELECT p.key FROM page p ORDER BY p.key DESC LIMIT 1), (SELECT count(*) FROM gone)
