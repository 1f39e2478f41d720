-- How many of the next attempts recover_find would find, and up to which one that is; NULL: there
-- are no more.  $1 shard, $2 webhook, $3 after this attempt, $4 before this one, $5 starts only of
-- events from this one on, $6 attempts looked at
SELECT count(*) FILTER (WHERE a.good), (array_agg(a.id ORDER BY a.looked_at DESC))[1]
-- include recover_next
